"""A hospital's methadone clinic and wards. One of them answers slowly: the demo shows what that looks like."""

from __future__ import annotations

from app.demo.house import BUSY, SLOW, STEADY, House, Member, Place, only, question, roles, week
from orgs.programmes.criteria import Kind
from orgs.programmes.rules import ProgrammeValues, ServiceType

_DAY = week("07:30-11:30 13:30-16:30")

HOSPITAL = House(
    key="cityhospital",
    kind="hospital",
    prefix="CH",
    km="គ្លីនិកមេតាដូន មន្ទីរពេទ្យក្រុង",
    en="City Hospital Methadone Clinic",
    area="120204",
    members=(
        Member("Keo Leakhena", "leakhena", roles("manager"), language="en"),
        Member("យិន សុភា", "sophea", roles("clinician", "caseworker"), brings=3),
        Member("Meas Rattana", "rattana", roles("clinician"), language="en", brings=1),
        Member("លី ចិន្តា", "chenda", roles("caseworker"), brings=2),
    ),
    places=(
        Place(
            "cityhospital.methadone",
            ProgrammeValues(
                name_km="ការព្យាបាលដោយមេតាដូន",
                name_en="Methadone treatment",
                service=ServiceType.METHADONE,
                about_km="ថ្នាំរាល់ថ្ងៃដោយឥតបង់ថ្លៃ ជាមួយការប្រឹក្សា។ មិនតម្រូវឱ្យឈប់ប្រើសិនទេ។",
                about_en="Daily medicine free of charge, with counselling. Nobody has to stop using first.",
                meeting_point_km="ច្រកទ្វារពណ៌ខៀវ ផ្លូវតូចខាងកើត",
                meeting_point_en="The blue gate in the small street to the east",
                languages=frozenset({"km", "en"}),
                hours=week("07:00-11:30 13:30-16:30", "07:00-11:00", "07:00-11:00"),
                capacity=60,
                response_minutes=8 * 60,
                criteria=(
                    only(Kind.MIN_AGE, 18),
                    only(Kind.INJECTING),
                    question("daily", "មកបានរាល់ថ្ងៃនៅដំបូងទេ?", "Can the person come every day at first?"),
                ),
                funding="National programme",
                area="120204",
                published=True,
            ),
            STEADY,
            stay=(25, 70),
            asked=22,
        ),
        Place(
            "cityhospital.detox",
            ProgrammeValues(
                name_km="បន្សាបដោយស្ម័គ្រចិត្ត",
                name_en="Voluntary detox",
                service=ServiceType.DETOX,
                about_km="ពីរសប្ដាហ៍ក្នុងបន្ទប់ស្ងាត់ ដោយស្ម័គ្រចិត្ត មានគ្រូពេទ្យមើលថែ។ ចាកចេញបានគ្រប់ពេល។",
                about_en="Two weeks on a quiet ward, by choice, with a doctor at hand. Leave at any time.",
                meeting_point_km="តុព័ត៌មានក្រោមដើមពោធិ៍ អគារទី ៣",
                meeting_point_en="The information desk under the bodhi tree, building 3",
                languages=frozenset({"km"}),
                hours=_DAY,
                capacity=8,
                response_minutes=10 * 60,
                criteria=(
                    only(Kind.MIN_AGE, 18),
                    question("escort", "មានអ្នកជូនមកទេ?", "Is there somebody who comes along?"),
                ),
                funding="National programme",
                area="120204",
                published=True,
            ),
            SLOW,
            stay=(10, 16),
            asked=9,
        ),
        Place(
            "cityhospital.art",
            ProgrammeValues(
                name_km="ការព្យាបាលអេដស៍",
                name_en="HIV treatment (ART)",
                service=ServiceType.ART,
                about_km="ថ្នាំប្រឆាំងមេរោគអេដស៍ និងការតាមដាន ដោយឥតបង់ថ្លៃ។",
                about_en="Medicine against HIV and follow-up, free of charge.",
                meeting_point_km="បង្អួចលេខ ៧ អគារទី ១",
                meeting_point_en="Window 7, building 1",
                languages=frozenset({"km", "en"}),
                hours=_DAY,
                response_minutes=10 * 60,
                funding="National programme",
                area="120204",
                published=True,
            ),
            BUSY,
            stay=(14, 40),
            asked=3,
        ),
    ),
)
