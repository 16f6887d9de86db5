"""The same seed gives the same plan, whatever the machine does."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from app.chaos import plan
from app.chaos.faults import FAULTS
from app.chaos.invariants import MADE_OF

NAMES = tuple(FAULTS)


def test_the_same_seed_gives_the_same_plan() -> None:
    assert plan.stories(7, 60) == plan.stories(7, 60)
    assert plan.blows(7, 60, NAMES) == plan.blows(7, 60, NAMES)


def test_another_seed_gives_another_plan() -> None:
    assert plan.stories(7, 60) != plan.stories(8, 60)
    assert [one.fault for one in plan.blows(7, 60, NAMES)] != [one.fault for one in plan.blows(8, 60, NAMES)]


def test_a_longer_run_begins_as_a_shorter_one() -> None:
    """Its stories: what is aged depends on how long the run is."""
    short, long = plan.stories(7, 120), plan.stories(7, 600)

    assert long[: len(short)] == short


def test_every_fault_strikes_once_before_any_strikes_again() -> None:
    blows = plan.blows(3, 600, NAMES)

    assert Counter(one.fault for one in blows[: len(NAMES)]) == Counter(NAMES)
    assert all(earlier.at + earlier.holds < later.at for earlier, later in itertools.pairwise(blows))


@pytest.mark.parametrize("seed", range(5))
def test_ten_to_twenty_requests_a_second(seed: int) -> None:
    stories = plan.stories(seed, 120)
    requests = sum(len(one.asks) + sum(ask.twice for ask in one.asks) + 4 * one.foreign for one in stories)

    assert 10 <= requests / 120 <= 20


def test_every_kind_of_story_is_told() -> None:
    assert {one.kind for one in plan.stories(1, 300)} == set(plan.SCRIPTS)


def test_nothing_is_aged_that_nobody_could_wait_for() -> None:
    assert max(one.at for one in plan.stories(1, 600) if one.due) <= 60
    assert max(one.at for one in plan.stories(1, 60) if one.due) <= 30


def test_each_step_is_known_to_the_invariants() -> None:
    steps = {what for script in plan.SCRIPTS.values() for what in script}

    assert steps - set(MADE_OF) == {"client", "consent", "send", "see", "walk_in", "send again"}
