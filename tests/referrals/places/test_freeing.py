"""A free place is told once, of the referral that has waited longest; and nobody is accepted by the software."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core import clock
from orgs.clients.use_cases import end_episode
from orgs.facts import EpisodeEnd
from orgs.programmes import queries
from orgs.programmes.records import OwnProgramme
from orgs.programmes.rules import OverReason, ProgrammeValues
from orgs.programmes.use_cases import change_programme
from referrals.life.reasons import CancelReason, Outcome, ReleaseReason, StopReason
from referrals.life.states import State
from referrals.life.use_cases import answer, finish
from tests.cast import Cast, cast, programme
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.referrals.life import looking
from tests.referrals.places.houses import accept, arrive, come, free_places, miscounted, taken, wait_for_a_place
from worker import clocks, delivery
from worker.context import Workshop


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def full_with_two_who_wait(people: Cast) -> tuple[UUID, UUID, UUID, UUID]:
    """The programme, who has its one place, and two who wait: the longer first."""
    one = programme(people.clinic, capacity=1)
    holds, first, second = (people.send(people.consent(one)[0]) for _ in range(3))
    for waiting in (second, first):  # whoever was sent later waits longer
        with people.nurse.transaction() as (session, actor):
            answer.waitlist(session, actor, waiting)
    return one, holds, second, first


def by(who: Person, step: Callable[..., object], referral_id: UUID, *given: object) -> None:
    with who.transaction() as (session, actor):
        step(session, actor, referral_id, *given)


FREEING = ("release", "cancel", "withdraw", "withdraw_by_receiver", "complete", "stop")


@pytest.mark.parametrize("way", FREEING)
def test_each_end_of_a_place_tells_who_has_waited_longest(network: Network, people: Cast, way: str) -> None:
    one, holds, longest, other = full_with_two_who_wait(people)
    (arrive if way in {"complete", "stop"} else accept)(people, holds)
    steps = {
        "release": (people.nurse, finish.release, ReleaseReason.CANNOT_SERVE),
        "cancel": (people.outreach, finish.cancel, CancelReason.OTHER),
        "withdraw": (people.outreach, finish.withdraw),
        "withdraw_by_receiver": (people.nurse, finish.withdraw),
        "complete": (people.nurse, finish.complete, Outcome.SERVICE_RECEIVED),
        "stop": (people.nurse, finish.stop, StopReason.LEFT),
    }
    who, step, *given = steps[way]
    by(who, step, holds, *given)
    assert (free_places(network, longest), free_places(network, other)) == (1, 0)
    assert looking.told(network, longest) >= {(people.clinic.id, "place_free")}
    assert (people.ngo.id, "place_free") not in looking.told(network, longest)
    assert looking.referral(network, longest).state == State.WAITLISTED
    assert taken(network, one) == (0, 0)


def test_an_accepted_referral_that_runs_out_frees_its_place(network: Network, people: Cast) -> None:
    one = programme(people.clinic, capacity=1)
    with clock.at(datetime.now(UTC) - timedelta(days=20)):
        holds = people.send(people.consent(one)[0])
        with people.nurse.transaction() as (session, actor):
            meeting = answer.Meeting(at=clock.now() + timedelta(days=1))
            answer.accept(session, actor, holds, meeting)
    longest = wait_for_a_place_in_full(people, one)
    workshop = Workshop(network.servers.settings)
    try:
        clocks.beat(workshop)
        with workshop.on_due(people.ngo.id, holds) as (session, system, _what):
            finish.expire(session, system, holds)
    finally:
        workshop.close()
    assert free_places(network, longest) == 1


def wait_for_a_place_in_full(people: Cast, one: UUID) -> UUID:
    """Sent while there was room, as it happens; or the sender would have been told that it is full."""
    assert people.clinic.manager is not None
    raise_to(people, one, 2)
    waiting = wait_for_a_place(people, one)
    raise_to(people, one, 1)
    return waiting


def raise_to(people: Cast, programme_id: UUID, capacity: int | None) -> None:
    """The manager states another number of places."""
    assert people.clinic.manager is not None
    with people.clinic.manager.transaction() as (session, actor):
        session.execute(
            text("UPDATE app.programmes SET capacity = :capacity WHERE org_id = :org AND id = :id"),
            {"capacity": capacity, "org": actor.org_id, "id": programme_id},
        )


def test_once_a_place_was_taken_who_has_waited_longest_is_told_of_the_next_one(network: Network, people: Cast) -> None:
    one, _holds, longest, other = full_with_two_who_wait(people)
    for told in ((1, 0), (2, 0), (3, 0)):
        client_id = come(people, one)
        with people.nurse.transaction() as (session, actor):
            stay = session.execute(text("SELECT id FROM app.episodes WHERE client_id = :id"), {"id": client_id}).one()
            end_episode(session, actor, client_id, stay.id, EpisodeEnd.COMPLETED, version=1)
        assert (free_places(network, longest), free_places(network, other)) == told


def test_a_place_that_nobody_takes_is_told_of_once(network: Network, people: Cast) -> None:
    one, holds, longest, other = full_with_two_who_wait(people)
    accept(people, holds)
    for capacity, told in ((2, (1, 0)), (1, (1, 0)), (2, (1, 0)), (5, (1, 1)), (6, (1, 1))):
        raise_to(people, one, capacity)
        assert (free_places(network, longest), free_places(network, other)) == told


def test_a_place_freed_above_the_capacity_is_nobodys(network: Network, people: Cast) -> None:
    one, holds, longest, _other = full_with_two_who_wait(people)
    accept(people, holds)
    come(people, one, OverReason.AGREED)
    by(people.nurse, finish.release, holds, ReleaseReason.CANNOT_SERVE)
    assert free_places(network, longest) == 0
    assert taken(network, one) == (1, 1)


@pytest.mark.parametrize(("capacity", "told"), [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (0, (0, 0)), (None, (1, 1))])
def test_more_places_are_told_as_they_are_free(
    network: Network, people: Cast, capacity: int | None, told: tuple[int, int]
) -> None:
    one, holds, longest, other = full_with_two_who_wait(people)
    accept(people, holds)
    assert people.clinic.manager is not None
    with people.clinic.manager.transaction() as (session, actor):
        own = queries.to_manage(session, actor, one)
        values = _values(own, capacity)
        change_programme(session, actor, one, values, version=own.version)
    assert (free_places(network, longest), free_places(network, other)) == told
    assert taken(network, one)[0] == taken(network, one)[1]
    assert looking.referral(network, holds).state == State.ACCEPTED  # fewer places than people end nothing


def _values(own: OwnProgramme, capacity: int | None) -> ProgrammeValues:
    view = own.view
    return ProgrammeValues(
        name_km=view.name_km, name_en=view.name_en, service=view.service, meeting_point_km=view.meeting_point_km,
        meeting_point_en=view.meeting_point_en, languages=view.languages, hours=view.hours, capacity=capacity,
        response_minutes=view.response_minutes, criteria=view.criteria, area=view.area, published=True,
    )  # fmt: skip


def test_the_team_is_told_once_and_the_sender_never(network: Network, people: Cast) -> None:
    _one, holds, longest, _other = full_with_two_who_wait(people)
    accept(people, holds)
    by(people.outreach, finish.cancel, holds, CancelReason.OTHER)
    workshop = Workshop(network.servers.settings)
    try:
        with workshop.outside() as session:
            session.execute(text("SELECT sec.claim_jobs(10000, '10 minutes')"))
        query = "SELECT id FROM app.outbox WHERE referral_id = :id AND kind = 'place_free'"
        for row in looking.rows(network, query, id=longest):
            delivery.ring(workshop, row.id, mail=False)
            delivery.ring(workshop, row.id, mail=False)
    finally:
        workshop.close()
    query = "SELECT org_id, staff_id, ref FROM app.notifications WHERE referral_id = :id AND kind = 'place_free'"
    noted = looking.rows(network, query, id=longest)
    assert [(row.org_id, row.staff_id) for row in noted] == [(people.clinic.id, people.nurse.staff_id)]
    pages = site(network)
    line = "A place became free"
    assert line in client_for(pages, people.nurse).get(f"/referrals/{longest}").get_data(as_text=True)
    assert line not in client_for(pages, people.outreach).get(f"/referrals/{longest}").get_data(as_text=True)
    with people.outreach.transaction() as (session, _actor):
        kinds = session.execute(text("SELECT kind FROM app.referral_events WHERE referral_id = :id"), {"id": longest})
        assert "place_free" not in {row.kind for row in kinds}


def test_a_limit_that_is_set_counts_who_is_there(network: Network, people: Cast) -> None:
    endless = programme(people.clinic, capacity=None)
    accept(people, people.send(people.consent(endless)[0]))
    come(people, endless)
    assert taken(network, endless) == (0, 0)
    raise_to(people, endless, 1)
    assert taken(network, endless) == (2, 2)
    raise_to(people, endless, None)
    assert taken(network, endless) == (0, 0)
    assert miscounted(network) == []
