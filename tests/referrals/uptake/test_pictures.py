from __future__ import annotations

from referrals.uptake import pictures
from referrals.uptake.measures import NOTE, Measure
from referrals.uptake.pictures import Label
from referrals.uptake.tree import Fact, cut


def _facts(
    people: range, measure: Measure = Measure.REFERRED, khan: str | None = "1201", service: str = "art"
) -> list[Fact]:
    return [Fact(measure, number.to_bytes(4), khan, service) for number in people]


def _rows(picture: pictures.Picture) -> list[tuple[str, int | None]]:
    return [(row.label.area or row.label.words, row.count) for row in picture.rows]


def test_too_few_people_give_no_number_and_one_sentence() -> None:
    made = cut(_facts(range(9)))
    for picture in (pictures.by_khan(made), pictures.by_services(made), pictures.heard(made)):
        assert [row.count for row in picture.rows] == [None]
        assert picture.notes == (NOTE["hidden"],)
    assert _rows(pictures.cascade(made)) == [
        ("Referred", None),
        ("Accepted", None),
        ("Arrived", None),
        ("Completed", None),
    ]
    assert pictures.branches(made) == ()


def test_the_cascade_goes_from_referred_to_completed() -> None:
    made = cut([*_facts(range(60)), *_facts(range(41), Measure.ACCEPTED), *_facts(range(12), Measure.ARRIVED)])
    picture = pictures.cascade(made)
    assert [row.count for row in picture.rows] == [60, 40, 10, None]
    assert picture.notes == (NOTE["hidden"],)


def test_khans_come_largest_first_and_the_pooled_ones_last_with_their_sentence() -> None:
    made = cut(
        [
            *_facts(range(20), khan="1201"),
            *_facts(range(100, 150), khan="1208"),
            *_facts(range(200, 230), khan="1212"),
            *_facts(range(300, 335), khan=None),
            *_facts(range(400, 406), khan="1203"),
        ]
    )
    picture = pictures.by_khan(made)
    assert _rows(picture) == [("1208", 50), ("Not said", 35), ("1212", 30), ("Other khans", 25)]
    assert picture.notes == (NOTE["others.khan"],)
    assert picture.areas == {"1208", "1212"}


def test_a_city_that_cannot_be_split_is_one_row() -> None:
    made = cut([*_facts(range(20), khan="1201"), *_facts(range(100, 104), khan="1208", service="tb")])
    picture = pictures.by_khan(made)
    assert _rows(picture) == [("Phnom Penh, all together", 25)]
    assert picture.notes == (NOTE["unsplit.khan"],)
    services = pictures.by_services(made)
    assert _rows(services) == [("Phnom Penh, all together", 25)]
    assert services.notes == (NOTE["unsplit.service"],)


def test_services_are_summed_over_the_khans_that_show_them() -> None:
    made = cut(
        [
            *_facts(range(20), khan="1201", service="art"),
            *_facts(range(100, 115), khan="1201", service="methadone"),
            *_facts(range(200, 230), khan="1208", service="methadone"),
            *_facts(range(300, 320), khan="1212", service="art"),
            *_facts(range(320, 325), khan="1212", service="tb"),
        ]
    )
    picture = pictures.by_services(made)
    assert _rows(picture) == [("Methadone", 45), ("HIV treatment", 20), ("Other services", 25)]
    assert len(picture.notes) == 1
    inside = {branch.label: _rows(branch.picture) for branch in pictures.branches(made)}
    assert inside[Label(area="1201")] == [("HIV treatment", 20), ("Methadone", 15)]
    assert inside[Label(area="1208")] == [("Methadone", 30)]
    assert inside[Label(area="1212")] == [("All services together", 25)]


def test_ways_of_hearing_carry_words() -> None:
    sources = {"outreach": range(40), "commune_office": range(100, 115), "card": range(200, 212)}
    made = cut(Fact(Measure.HEARD, n.to_bytes(4), source=source) for source, people in sources.items() for n in people)
    assert [label for label, _ in _rows(pictures.heard(made))] == ["An outreach worker", "A commune office", "A card"]
