"""What the demo is going to tell, before anything is stored: enough of everything, believable, and always the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest

from app.demo import times
from app.demo.history import place_of
from app.demo.houses import HOUSES, STEWARD
from app.demo.loading import planned
from app.demo.playing import together
from app.demo.thread import Plan, Step
from orgs.programmes.rules import check_programme
from orgs.staff.rules import check_organisation, check_person, check_roles
from referrals.life.states import STEPS, State

SUNDAY_NIGHT = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
TUESDAY = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=[SUNDAY_NIGHT, TUESDAY], ids=["sunday night", "tuesday morning"])
def now(request: pytest.FixtureRequest) -> datetime:
    moment: datetime = request.param
    return moment


@pytest.fixture(scope="module")
def plan(now: datetime) -> Plan:
    return planned(now)


def test_it_is_large_enough_and_half_a_year_long(plan: Plan, now: datetime) -> None:
    assert len(plan.clients) >= 400
    assert len({step.thread.number for step in plan.steps if step.what == "send" and step.thread}) >= 900
    assert max(step.at for step in plan.steps) <= now
    assert timedelta(days=170) < now - min(step.at for step in plan.steps) < timedelta(days=190)


def test_the_same_moment_tells_the_same(plan: Plan, now: datetime) -> None:
    again = planned(now)
    assert [client.record for client in again.clients] == [client.record for client in plan.clients]
    assert [(s.at, s.who, s.what, s.about, s.becomes) for s in again.steps] == [
        (s.at, s.who, s.what, s.about, s.becomes) for s in plan.steps
    ]


def test_every_state_is_there(plan: Plan) -> None:
    states = Counter(last_states(plan).values())
    assert set(states) == set(State) - {State.DRAFT}
    assert min(states.values()) >= 5, states
    unanswered = sum(way[1:] == [State.SENT, State.EXPIRED] for way in _ways(plan))
    assert unanswered / states.total() < 0.1, "most referrals get an answer"
    assert states[State.COMPLETED] / states.total() > 0.45, "and lead to a service"


def test_each_way_is_one_that_the_table_knows(plan: Plan) -> None:
    known = {(before, after) for (before, _), after in STEPS.items()}
    assert not {pair for way in _ways(plan) for pair in pairwise(way)} - known


def test_one_programme_answers_fast_and_one_does_not(plan: Plan) -> None:
    fast, slow = _shares(plan, "phsardaeumthkov.testing"), _shares(plan, "cityhospital.detox")
    assert median(fast) < 0.3
    assert max(fast) < 1
    assert median(slow) > 1


def test_answers_come_in_working_hours(plan: Plan) -> None:
    for step in plan.steps:
        if step.thread and step.what in {"waitlist", "decline"}:
            place = step.thread.place
            moment = step.at - timedelta(minutes=1)  # closing time itself is closed
            assert place.hours.covers(moment) or place.hours.covers(step.at), (place.key, step.at)


def test_something_is_going_on_now(plan: Plan, now: datetime) -> None:
    states = last_states(plan)
    waiting = [thread for thread in plan.threads if states.get(thread.number) is State.SENT]
    overdue = [t for t in waiting if t.place.promise.due(t.sent) < now]
    halfway = [t for t in waiting if t.place.promise.half(t.sent) < now <= t.place.promise.due(t.sent)]
    assert min(len(overdue), len(halfway), len(waiting) - len(overdue) - len(halfway)) >= 4
    assert sum(step.what == "draft" for step in plan.steps) >= 3
    assert any(now - step.at < timedelta(hours=15) for step in plan.steps)


def test_the_organisations_would_pass_every_form() -> None:
    for house in HOUSES:
        check_organisation(kind=house.kind, prefix=house.prefix, name_km=house.km, name_en=house.en, area=house.area)
        for place in house.places:
            assert place.house == house.key
            check_programme(place.values, organisation_names=(house.km, house.en))
    emails = [house.email(member) for house in (*HOUSES, STEWARD) for member in house.members]
    assert len(set(emails)) == len(emails)
    for house in (*HOUSES, STEWARD):
        for member in house.members:
            check_person(name=member.name, email=house.email(member))
            check_roles(member.roles, house.kind)


def test_a_referral_can_be_placed_by_the_share_of_time_that_has_passed(now: datetime) -> None:
    place = place_of("tuekthla.tb")
    for share in (0.2, 0.7, 1.5):
        sent = times.share_ago(place, share, now)
        passed = place.hours.working_minutes(sent, now) / place.values.response_minutes
        assert share <= passed < share + 0.05


def test_nobody_overtakes_and_places_move_in_one_programme_at_a_time(plan: Plan) -> None:
    pending = sorted(plan.steps, key=lambda step: step.at)[3000:3400]
    played: list[Step] = []
    while pending:
        batch, pending = together(pending)
        assert len({step.who for step in batch}) == 1
        assert len({step.moves for step in batch if step.moves}) <= 1
        played += batch
    for about in {step.about for step in played}:
        times_of_one = [step.at for step in played if step.about == about]
        assert times_of_one == sorted(times_of_one)


def last_states(plan: Plan) -> dict[int, State]:
    """The state of each referral by its number."""
    ordered = sorted((step for step in plan.steps if step.becomes), key=lambda step: step.at)
    return {step.thread.number: step.becomes for step in ordered if step.thread and step.becomes}


def _ways(plan: Plan) -> list[list[State]]:
    """The states through which each referral went, from the draft on."""
    ways: dict[int, list[State]] = {}
    for step in sorted(plan.steps, key=lambda step: step.at):
        if step.becomes and step.thread:
            ways.setdefault(step.thread.number, [State.DRAFT]).append(step.becomes)
    return list(ways.values())


def _shares(plan: Plan, key: str) -> list[float]:
    """How much of the promised time each first answer of a programme took."""
    first: dict[int, Step] = {}
    for step in sorted(plan.steps, key=lambda step: step.at):
        if step.thread and step.thread.place.key == key and step.what in {"accept", "decline", "waitlist"}:
            first.setdefault(step.thread.number, step)
    return [
        step.thread.place.promise.taken(step.thread.sent, step.at) / step.thread.place.values.response_minutes
        for step in first.values()
        if step.thread
    ]
