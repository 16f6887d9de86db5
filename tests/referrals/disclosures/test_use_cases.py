from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.core.paging import Cursor
from referrals.disclosures.rules import Entry, What, newest_first
from referrals.disclosures.use_cases import page

START = datetime(2026, 11, 24, tzinfo=UTC)
ENTRIES = st.lists(
    st.builds(
        lambda hours, number: Entry(START + timedelta(hours=hours), UUID(int=number), What.WITHIN),
        st.integers(0, 5),
        st.integers(1, 10_000),
    ),
    unique_by=lambda one: one.id,
)


@given(ENTRIES, st.integers(1, 7))
def test_the_pages_together_are_the_whole_account_in_its_order(found: list[Entry], size: int) -> None:
    whole, shown, cursor = newest_first(found), [], None
    for _page in range(len(found) + 1):
        part = page(whole, cursor, size)
        shown += part.rows
        if not part.next:
            break
        cursor = Cursor.parse(part.next)
    assert shown == whole
    assert [one.at for one in whole] == sorted((one.at for one in found), reverse=True)
