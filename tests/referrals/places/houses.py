"""What tests of places share: who is taken, by which door, and a count of what is taken from the rows themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

from app.core.errors import Conflict
from orgs.clients.use_cases import walk_in
from orgs.programmes.rules import OverReason
from referrals.life.use_cases import answer
from tests.cast import SOKHA, Cast, tomorrow
from tests.network import Network
from tests.referrals.life import looking

RECOUNT = """
SELECT p.id, p.capacity, p.taken, CASE WHEN p.capacity IS NULL THEN 0 ELSE
    (SELECT count(*) FROM app.referrals r WHERE r.receiver_org_id = p.org_id AND r.programme_id = p.id
        AND r.state IN ('accepted', 'arrived'))
    + (SELECT count(*) FROM app.episodes e WHERE e.org_id = p.org_id AND e.programme_id = p.id
        AND e.ended_at IS NULL AND e.referral_id IS NULL) END AS counted
FROM app.programmes p
"""


def accept(people: Cast, referral_id: UUID, over: OverReason | None = None) -> None:
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow(), over=over)


def arrive(people: Cast, referral_id: UUID, over: OverReason | None = None) -> None:
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, referral_id, over=over)


def come(people: Cast, programme_id: UUID, over: OverReason | None = None) -> UUID:
    """Somebody new walks in."""
    with people.nurse.transaction() as (session, actor):
        return walk_in(session, actor, SOKHA, programme_id, over=over)


def wait_for_a_place(people: Cast, programme_id: UUID) -> UUID:
    """A referral on the programme's waiting list."""
    sent = people.send(people.consent(programme_id)[0])
    with people.nurse.transaction() as (session, actor):
        answer.waitlist(session, actor, sent)
    return sent


def at_once(*acts: Callable[[], object]) -> list[object]:
    """All of them at the same moment, each on a connection of its own: what each gave, or the Conflict it met."""
    together = Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        together.wait()
        try:
            return act()
        except Conflict as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def refused(results: Sequence[object]) -> int:
    return sum(isinstance(one, Conflict) for one in results)


def taken(network: Network, programme_id: UUID) -> tuple[int, int]:
    """What is kept, and what a count of the rows says."""
    row: Any = looking.rows(network, f"{RECOUNT} WHERE p.id = :id", id=programme_id)[0]
    return row.taken, row.counted


def miscounted(network: Network) -> list[Any]:
    """Programmes of the whole network whose number is not what a count says."""
    return [row for row in looking.rows(network, RECOUNT) if row.taken != row.counted]


def free_places(network: Network, referral_id: UUID) -> int:
    """How often its receiver was told that a place is free for it."""
    return sum(kind == "place_free" for kind, _detail in looking.events(network, referral_id))
