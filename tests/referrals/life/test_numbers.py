"""What the database counts when states change, also when many change at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from sqlalchemy import text

from referrals.life.reasons import CancelReason
from referrals.life.use_cases.finish import cancel
from tests.cast import Cast, cast
from tests.network import Network, Org

ROUNDS = 6


def test_two_who_change_several_referrals_in_opposite_orders_do_not_wait_in_a_circle(network: Network) -> None:
    first, second = cast(network), cast(network)
    for _ in range(ROUNDS):
        to_first, to_second = first.programme_id, second.programme_id
        ways = [
            (first, [first.send(first.consent(to_first)[0]), first.send(first.consent(to_second)[0])]),
            (second, [second.send(second.consent(to_second)[0]), second.send(second.consent(to_first)[0])]),
        ]
        together = Barrier(len(ways))
        with ThreadPoolExecutor(len(ways)) as pool:
            for done in [pool.submit(take_back, people, referrals, together) for people, referrals in ways]:
                done.result()
    for org in (first.clinic, second.clinic):
        assert kept(org) == (0, 2 * ROUNDS)


def take_back(people: Cast, referrals: list[UUID], together: Barrier) -> None:
    with people.outreach.transaction() as (session, actor):
        for referral in referrals:
            cancel(session, actor, referral, CancelReason.OTHER)
        together.wait()  # both are counted now, when they commit


def kept(org: Org) -> tuple[int, int]:
    assert org.manager is not None
    with org.manager.transaction() as (session, _actor):
        query = "SELECT sent, cancelled FROM app.referral_counts WHERE side = 'receiver'"
        sent, cancelled = session.execute(text(query)).one()
    return sent, cancelled
