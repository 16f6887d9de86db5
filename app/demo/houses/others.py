"""A training provider, and the sangkat offices, which see published counts and no person."""

from __future__ import annotations

from app.demo.house import STEADY, House, Member, Place, only, roles, week
from orgs.programmes.criteria import Kind
from orgs.programmes.rules import ProgrammeValues, ServiceType

ROMDUOL = House(
    key="romduol",
    kind="training_provider",
    prefix="RS",
    km="សាលាជំនាញរំដួល",
    en="Romduol Skills School",
    area="120606",
    members=(
        Member("Heng Thavy", "thavy", roles("manager"), language="en"),
        Member("កែវ វិសាល", "visal", roles("caseworker"), brings=1),
    ),
    places=(
        Place(
            "romduol.trades",
            ProgrammeValues(
                name_km="វគ្គជំនាញខ្លី",
                name_en="Short trade courses",
                service=ServiceType.VOCATIONAL,
                about_km="អគ្គិសនី ទឹក និងម៉ាស៊ីនត្រជាក់ រយៈពេលពីរខែ មានប្រាក់ឧបត្ថម្ភ។",
                about_en="Electrics, plumbing and air conditioning in two months, with an allowance.",
                meeting_point_km="ទ្វារធំ ក្បែរតូបលក់សៀវភៅ",
                meeting_point_en="The main gate by the bookstall",
                languages=frozenset({"km", "en"}),
                hours=week("08:00-11:30 13:30-17:00"),
                capacity=25,
                response_minutes=16 * 60,
                criteria=(
                    only(Kind.MIN_AGE, 16),
                    only(
                        Kind.AFTER_PROGRAMME,
                        choices=frozenset({ServiceType.REHAB, ServiceType.DETOX, ServiceType.COUNSELLING}),
                    ),
                ),
                funding="Skills fund",
                area="120606",
                published=True,
            ),
            STEADY,
            stay=(40, 70),
            asked=5,
        ),
        Place(
            "romduol.placement",
            ProgrammeValues(
                name_km="ហាត់ការជាមួយនិយោជក",
                name_en="Placement with an employer",
                service=ServiceType.EMPLOYMENT,
                about_km="ហាត់ការបីខែជាមួយនិយោជកដែលយល់ចិត្ត។",
                about_en="Three months with an employer who understands.",
                meeting_point_km="ទ្វារធំ ក្បែរតូបលក់សៀវភៅ",
                meeting_point_en="The main gate by the bookstall",
                languages=frozenset({"km"}),
                hours=week("08:00-11:30 13:30-17:00"),
                capacity=12,
                response_minutes=16 * 60,
                criteria=(only(Kind.MIN_AGE, 18),),
                funding="Skills fund",
                area="120606",
                published=True,
            ),
            STEADY,
            stay=(30, 80),
            asked=2,
            paused=True,
        ),
    ),
)


def _office(key: str, prefix: str, km: str, en: str, area: str, member: Member) -> House:
    return House(key, "commune", prefix, f"សាលាសង្កាត់{km}", f"{en} sangkat office", area, (member,))


OFFICES = (
    _office("sangkat121201", "SCA", "ច្បារអំពៅទី ១", "Chhbar Ampov Ti Muoy", "121201",
            Member("ឈិន រស្មី", "reaksmey", roles("official"))),
    _office("sangkat120802", "STT", "ទឹកថ្លា", "Tuek Thla", "120802",
            Member("Touch Pisey", "pisey", roles("official"), language="en")),
    _office("sangkat120112", "SPD", "ផ្សារដើមថ្កូវ", "Phsar Daeum Thkov", "120112",
            Member("ញឹម សារិន", "sarin", roles("official"))),
)  # fmt: skip
