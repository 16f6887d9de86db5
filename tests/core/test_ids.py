from __future__ import annotations

import itertools
import multiprocessing
import time
from datetime import UTC, datetime
from uuid import UUID

from app.core.ids import new_id, ordered_id

_RANDOM = 0xFFF_3FFF_FFFF_FFFF_FFFF
"""What of an ordered id is neither moment nor version (RFC 9562, figure 11)."""


def _some(_: int) -> list[UUID]:
    return [ordered_id() for _ in range(20)]


def test_an_ordered_id_begins_with_its_moment_and_follows_those_before() -> None:
    before = time.time_ns() // 1_000_000
    made = [ordered_id() for _ in range(2000)]
    after = time.time_ns() // 1_000_000
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {one.version for one in made} == {7}
    assert all(before <= one.int >> 80 <= after for one in made)


def test_an_ordered_id_does_not_count_what_was_made_before() -> None:
    """Another organisation's ids of an earlier millisecond leave no trace in one's own."""
    rests = []
    for _ in range(20):
        rests.append(ordered_id().int & _RANDOM)
        time.sleep(0.002)
    steps = [second - first for first, second in itertools.pairwise(rests)]
    assert any(step < 0 for step in steps)
    assert all(abs(step) > 1 << 40 for step in steps)


def test_two_processes_that_parted_after_the_first_id_never_make_the_same() -> None:
    ordered_id()
    with multiprocessing.get_context("fork").Pool(4) as pool:
        made = pool.map(_some, range(8), chunksize=1)
    rests = [one.int & _RANDOM for some in [*made, _some(0)] for one in some]
    assert len(set(rests)) == len(rests)


def test_a_random_id_says_nothing_of_its_moment() -> None:
    made = [new_id() for _ in range(200)]
    assert {one.version for one in made} == {4}
    now = datetime.now(UTC).timestamp() * 1000
    assert not [one for one in made if abs((one.int >> 80) - now) < 60_000]
