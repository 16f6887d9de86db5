"""Korsang: outreach in the streets, a drop-in house, counselling."""

from __future__ import annotations

from app.demo.house import STEADY, House, Member, Place, only, roles, week
from orgs.programmes.criteria import Kind
from orgs.programmes.rules import ProgrammeValues, ServiceType

_DAILY = week("08:00-17:00", "08:00-17:00", "08:00-12:00")
_OFFICE = week("08:00-12:00 13:30-17:00")

KORSANG = House(
    key="korsang",
    kind="ngo",
    prefix="KS",
    km="កសាង",
    en="Korsang",
    area="120111",
    members=(
        Member("Chhin Borey", "borey", roles("manager"), language="en"),
        Member("ទូច ដារ៉ា", "dara", roles("outreach"), brings=13),
        Member("ប្រាក់ ស្រីមុំ", "sreymom", roles("outreach"), brings=12),
        Member("ឃុន វាសនា", "veasna", roles("outreach"), brings=11),
        Member("Pen Chanthou", "chanthou", roles("outreach"), language="en", brings=9),
        Member("សេង ធារី", "theary", roles("caseworker"), brings=5),
        Member("Tan Kosal", "kosal", roles("caseworker"), language="en", brings=4),
        Member("កែវ មករា", "makara", roles("privacy")),
    ),
    places=(
        Place(
            "korsang.drop_in",
            ProgrammeValues(
                name_km="ផ្ទះស្វាគមន៍",
                name_en="Open house",
                service=ServiceType.DROP_IN,
                about_km="កន្លែងសម្រាក ងូតទឹក បោកខោអាវ ញ៉ាំអាហារថ្ងៃត្រង់ និងជជែកគ្នា។ មិនបាច់ណាត់ទុកមុនទេ។",
                about_en="A place to rest, wash, do laundry, have lunch and talk. No appointment is needed.",
                meeting_point_km="របងឈើពណ៌បៃតង ក្បែរស្ពានបឹងត្របែក",
                meeting_point_en="The green wooden fence by the Boeng Trabaek bridge",
                languages=frozenset({"km", "en", "vi"}),
                hours=_DAILY,
                response_minutes=8 * 60,
                funding="Core",
                area="120111",
                published=True,
            ),
            STEADY,
            stay=(5, 25),
            asked=8,
        ),
        Place(
            "korsang.counselling",
            ProgrammeValues(
                name_km="ប្រឹក្សាដោយមិត្តអប់រំ",
                name_en="Talking with a peer",
                service=ServiceType.COUNSELLING,
                about_km="ជជែកជាមួយអ្នកដែលធ្លាប់ឆ្លងកាត់រឿងដូចគ្នា ម្នាក់ឯង ឬជាក្រុម។",
                about_en="Talk with people who have been through the same, alone or in a group.",
                meeting_point_km="ទ្វារចំហៀងនៃហាងកាហ្វេ ទល់មុខស្ថានីយសាំង",
                meeting_point_en="The side door of the café opposite the petrol station",
                languages=frozenset({"km", "en"}),
                hours=_OFFICE,
                capacity=30,
                response_minutes=8 * 60,
                funding="Core",
                area="120111",
                published=True,
            ),
            STEADY,
            stay=(20, 60),
            asked=5,
        ),
        Place(
            "korsang.women",
            ProgrammeValues(
                name_km="រសៀលសម្រាប់ស្ត្រី",
                name_en="Women's afternoon",
                service=ServiceType.DROP_IN,
                about_km="រសៀលសម្រាប់តែស្ត្រី និងកូនៗ មានអ្នកមើលកូន។ ស្ត្រីប្លែងភេទក៏ត្រូវបានស្វាគមន៍។",
                about_en="An afternoon for women and their children only, with childcare. Trans women are welcome.",
                meeting_point_km="របងឈើពណ៌បៃតង ក្បែរស្ពានបឹងត្របែក ជាន់ទីពីរ",
                meeting_point_en="The green wooden fence by the Boeng Trabaek bridge, first floor",
                languages=frozenset({"km", "vi"}),
                hours=week("13:00-17:00"),
                response_minutes=8 * 60,
                criteria=(only(Kind.WOMEN),),
                funding="Women's fund",
                area="120111",
                published=True,
            ),
            STEADY,
            stay=(10, 40),
            asked=16,
        ),
        Place(
            "korsang.nights",
            ProgrammeValues(
                name_km="កន្លែងស្នាក់នៅពេលយប់",
                name_en="Night beds",
                service=ServiceType.SHELTER,
                about_km="កំពុងរៀបចំ។",
                about_en="Being prepared.",
                meeting_point_km="ទ្វារក្រោយ ក្បែរកន្លែងលក់ទឹកកក",
                meeting_point_en="The back door by the ice seller",
                languages=frozenset({"km"}),
                hours=week("18:00-22:00", "18:00-22:00", "18:00-22:00"),
                capacity=10,
                response_minutes=4 * 60,
                area="120111",
            ),
            STEADY,
            stay=(1, 5),
            asked=0,
        ),
    ),
)
