from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from orgs.privacy.rules import COMPARED, FLOOR, OWN_DAYS, TIMES_USUAL, Day, Sign, unusual

DARA, BOPHA = UUID(int=1), UUID(int=2)
TODAY = date(2026, 11, 24)


def days(staff_id: UUID, sign: Sign, *numbers: int) -> list[Day]:
    """One day for each number, the last one today."""
    return [
        Day(staff_id, TODAY - timedelta(days=back), {sign: number}) for back, number in enumerate(reversed(numbers))
    ]


@pytest.mark.parametrize("sign", Sign)
def test_what_stays_below_the_floor_is_never_unusual(sign: Sign) -> None:
    assert unusual(days(DARA, sign, *[0] * OWN_DAYS, FLOOR[sign] - 1)) == []
    assert [one.number for one in unusual(days(DARA, sign, *[0] * OWN_DAYS, FLOOR[sign]))] == [FLOOR[sign]]


@pytest.mark.parametrize("sign", sorted(COMPARED))
def test_much_is_usual_for_who_always_does_much(sign: Sign) -> None:
    usual = FLOOR[sign]
    assert unusual(days(DARA, sign, *[usual] * OWN_DAYS, TIMES_USUAL * usual - 1)) == []
    assert [one.usual for one in unusual(days(DARA, sign, *[usual] * OWN_DAYS, TIMES_USUAL * usual))] == [usual]


@pytest.mark.parametrize("sign", sorted(COMPARED))
def test_one_wild_day_does_not_hide_the_next(sign: Sign) -> None:
    many = 100 * FLOOR[sign]
    assert len(unusual(days(DARA, sign, *[1] * OWN_DAYS, many, many))) == 2


@pytest.mark.parametrize("sign", sorted(COMPARED))
def test_a_newcomer_is_compared_with_colleagues(sign: Sign) -> None:
    usual = FLOOR[sign]
    colleague = days(BOPHA, sign, *[usual] * (OWN_DAYS + 1))
    assert unusual([*colleague, *days(DARA, sign, usual + 1)]) == []
    assert [one.staff_id for one in unusual([*colleague, *days(DARA, sign, TIMES_USUAL * usual)])] == [DARA]


@pytest.mark.parametrize("sign", sorted(set(Sign) - COMPARED))
def test_refusals_and_nights_are_unusual_however_often(sign: Sign) -> None:
    assert len(unusual(days(DARA, sign, *[FLOOR[sign]] * (OWN_DAYS + 1)))) == OWN_DAYS + 1
