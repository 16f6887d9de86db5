"""Many who change states in several programmes and organisations at once: nobody waits in a circle, all is counted."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

from sqlalchemy.exc import OperationalError

from app.core.errors import Conflict
from orgs.clients.use_cases.records import create_client
from orgs.programmes.rules import OverReason
from referrals.life.reasons import CancelReason, ReleaseReason, StopReason
from referrals.life.scope import load_to
from referrals.life.states import Action, State
from referrals.life.use_cases import answer, finish
from tests.cast import SOKHA, Cast, cast, programme, tomorrow
from tests.network import Network
from tests.referrals.life import looking
from tests.referrals.places.houses import accept, come, free_places, miscounted, refused

HOUSES, WRITERS, SECONDS = 4, 16, 5
BOXES = """
SELECT c.org_id, c.side, (SELECT count(*) FROM app.referrals r WHERE r.state = s.state
    AND CASE c.side WHEN 'sender' THEN r.sender_org_id ELSE r.receiver_org_id END = c.org_id) AS counted, s.kept
FROM app.referral_counts c, LATERAL (VALUES ('sent', c.sent), ('accepted', c.accepted), ('arrived', c.arrived),
    ('stopped', c.stopped), ('cancelled', c.cancelled)) s (state, kept)
"""


def test_steps_over_several_programmes_and_organisations_never_wait_in_a_circle(network: Network) -> None:
    houses = [cast(network) for _ in range(HOUSES)]
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(WRITERS) as pool:
        dice = [random.Random(seed) for seed in range(WRITERS)]  # noqa: S311 - whose turn it is
        done = list(pool.map(lambda mine: busy(houses, mine, until), dice))
    assert sum(circles for _steps, circles in done) == 0
    assert sum(steps for steps, _circles in done) > WRITERS * 5
    assert miscounted(network) == []
    assert [row for row in looking.rows(network, BOXES) if row.counted != row.kept] == []


def busy(houses: list[Cast], dice: random.Random, until: float) -> tuple[int, int]:
    """Steps of one writer, and how many of them PostgreSQL ended because of a circle (or after too long a wait)."""
    steps = circles = 0
    while time.monotonic() < until:
        try:
            steps += turn(houses, dice)
        except Conflict:
            steps += 1
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") not in {"40P01", "55P03"}:
                raise
            circles += 1
    return steps, circles


def turn(houses: list[Cast], dice: random.Random) -> int:
    """Two clients' referrals to several houses are answered, and then all end in one transaction, in any order."""
    here = dice.choice(houses)
    with here.outreach.transaction() as (session, actor):
        mine = replace(here, client_id=create_client(session, actor, SOKHA))
    others = dice.sample(houses, 3)
    sent: list[tuple[Cast, UUID]] = []
    for there in others:
        where = dice.choice([there.programme_id, there.second_id])
        sent.append((there, mine.send(mine.consent(where)[0])))
        with there.nurse.transaction() as (session, actor):
            answer.accept(session, actor, sent[-1][1], tomorrow(), over=OverReason.AGREED)
    come(here, here.programme_id, OverReason.AGREED)
    dice.shuffle(sent)
    with here.outreach.transaction() as (session, actor):
        for _there, referral_id in sent:
            finish.cancel(session, actor, referral_id, CancelReason.OTHER)
    return 2 * len(sent) + 1


def test_a_place_is_freed_while_who_waits_for_it_is_being_accepted(network: Network) -> None:
    """Whoever frees it writes an event on the waiting referral, which somebody else holds: no circle of waits."""
    people = cast(network)
    one = programme(people.clinic, capacity=1)
    holds, waits = (people.send(people.consent(one)[0]) for _ in range(2))
    accept(people, holds)
    with people.nurse.transaction() as (session, actor):
        answer.waitlist(session, actor, waits)

    def free() -> None:
        with people.nurse.transaction() as (session, actor):
            finish.release(session, actor, holds, ReleaseReason.CANNOT_SERVE)

    with ThreadPoolExecutor(1) as pool, people.nurse.transaction() as (session, actor):
        load_to(session, actor, waits, Action.ACCEPT)
        pool.submit(free).result(timeout=20)
        answer.accept(session, actor, waits, tomorrow())
    assert [looking.referral(network, one).state for one in (holds, waits)] == [State.RELEASED, State.ACCEPTED]
    assert free_places(network, waits) == 1
    assert miscounted(network) == []


def test_places_of_two_programmes_that_end_in_opposite_orders(network: Network) -> None:
    """Each nurse gives back and stops referrals of both programmes in one transaction, in their own order."""
    people = cast(network)
    for _ in range(6):
        ways: list[list[UUID]] = []
        for first, second in ((people.programme_id, people.second_id), (people.second_id, people.programme_id)):
            ways.append([people.send(people.consent(one)[0]) for one in (first, second)])
        for held in ways:
            for referral_id in held:
                with people.nurse.transaction() as (session, actor):
                    answer.accept_and_arrive(session, actor, referral_id, over=OverReason.AGREED)

        def stop_all(held: list[UUID]) -> None:
            with people.nurse.transaction() as (session, actor):
                for referral_id in held:
                    finish.stop(session, actor, referral_id, StopReason.LEFT)

        with ThreadPoolExecutor(len(ways)) as pool:
            assert refused(list(pool.map(stop_all, ways))) == 0
    assert miscounted(network) == []
