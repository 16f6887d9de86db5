from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import ids
from referrals.boxes.rules import is_no_slip, reference
from referrals.slips import codes


@pytest.mark.parametrize(
    "typed", ["R-8KQ2M7T", "r-8kq2m7t", " R 8KQ 2M7T ", "8KQ2M7T", "R8KQ2M7T", "R-៨KQ២M៧T", "R-8KQ\u200b2M7T"]
)
def test_a_reference_is_read_however_it_is_typed(typed: str) -> None:
    assert reference(typed) == "R-8KQ2M7T"


@pytest.mark.parametrize("typed", ["", "R-", "R-8KQ2M", "R-8KQ2M7TT", "R-8KQ2M70", "Q-8KQ2M7T", "7F3Q-X2MK", "R" * 99])
def test_anything_else_is_none(typed: str) -> None:
    assert reference(typed) is None


def test_every_reference_made_is_read_back() -> None:
    for _ in range(200):
        made = ids.reference()
        assert reference(made) == reference(made.lower()) == made


@pytest.mark.parametrize("typed", ["R-X2M7F3Y", " r-x2m7f3y", "R\u200b-X2M7F3Y"])
def test_with_its_dash_a_reference_is_no_slip(typed: str) -> None:
    """These signs could be a slip's: the last of the eight checks the others."""
    assert codes.parse(typed)
    assert is_no_slip(typed)


@pytest.mark.parametrize("typed", ["RX2M7F3Y", "RX2M-7F3Y", "X2M7F3Y", "R-", ""])
def test_without_it_that_is_not_known(typed: str) -> None:
    assert not is_no_slip(typed)


@given(st.text(max_size=80))
def test_nothing_typed_breaks_it(typed: str) -> None:
    found = reference(typed)
    assert found is None or reference(found) == found
