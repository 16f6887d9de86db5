from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.errors import Conflict, NotAllowed, NotFound
from orgs.programmes.places import places_of
from referrals.life.disclosure import READ_AFTER_END
from referrals.life.reasons import CancelReason, Outcome, ReleaseReason, StopReason
from referrals.life.states import State
from referrals.life.use_cases import finish, take
from referrals.slips import issue
from tests.cast import Cast
from tests.network import Network
from tests.referrals.life import looking, standing
from worker import clocks
from worker.context import Workshop


def test_completing_leaves_thirty_days_to_read_and_ends_the_stay(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ARRIVED)
    with people.nurse.transaction() as (session, actor):
        take.take(session, actor, referral_id, frozenset())
        finish.complete(session, actor, referral_id, Outcome.COURSE_FINISHED)
    row = looking.referral(network, referral_id)
    assert (row.state, row.outcome) == (State.COMPLETED, "course_finished")
    assert row.readable_until == row.ended_at + READ_AFTER_END
    assert looking.receivers_keys(network, referral_id) == 2
    stay = looking.rows(network, "SELECT ended_at, outcome FROM app.episodes WHERE referral_id = :id", id=referral_id)
    assert [(one.ended_at is not None, one.outcome) for one in stay] == [(True, "completed")]
    assert looking.events(network, referral_id)[-1] == ("completed", {"outcome": "course_finished"})


def test_reading_after_the_end_never_outlasts_the_permission(network: Network, people: Cast) -> None:
    referral_id = people.send(people.consent(days=7)[0])
    standing.arrive(people, referral_id)
    lapses = looking.referral(network, referral_id).readable_until
    with people.nurse.transaction() as (session, actor):
        finish.complete(session, actor, referral_id, Outcome.CONTINUES)
    assert looking.referral(network, referral_id).readable_until == lapses


@pytest.mark.parametrize("reason", StopReason)
def test_stopping_says_why_and_ends_the_stay_alike(network: Network, people: Cast, reason: StopReason) -> None:
    referral_id = standing.referral(network, people, State.ARRIVED)
    with people.nurse.transaction() as (session, actor):
        take.take(session, actor, referral_id, frozenset())
        finish.stop(session, actor, referral_id, reason)
    assert looking.referral(network, referral_id).reason == reason
    stay = looking.rows(network, "SELECT outcome FROM app.episodes WHERE referral_id = :id", id=referral_id)
    assert [one.outcome for one in stay] == [reason]


def test_giving_back_closes_the_packet_and_frees_the_place(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ACCEPTED)
    with people.nurse.transaction() as (session, actor):
        before = places_of(session, actor, people.programme_id).taken
        finish.release(session, actor, referral_id, ReleaseReason.CANNOT_SERVE, suggested_programme_id=people.second_id)
    with people.nurse.transaction() as (session, actor):
        assert places_of(session, actor, people.programme_id).taken == before - 1
    row = looking.referral(network, referral_id)
    assert (row.state, row.reason, row.suggested_programme_id) == ("released", "cannot_serve", people.second_id)
    assert looking.receivers_keys(network, referral_id) == 0


def test_cancelling_is_the_senders_alone(network: Network, people: Cast) -> None:
    referral_id = people.send()
    with pytest.raises(NotAllowed), people.nurse.transaction() as (session, actor):
        finish.cancel(session, actor, referral_id, CancelReason.NEED_MET)
    with people.caseworker.transaction() as (session, actor):
        finish.cancel(session, actor, referral_id, CancelReason.NEED_MET)
    assert looking.receivers_keys(network, referral_id) == 0
    assert (people.clinic.id, "cancelled") in looking.told(network, referral_id)


@pytest.mark.parametrize("by", ["outreach", "caseworker", "nurse"])
def test_withdrawal_takes_effect_at_once_and_tells_the_other_side_without_detail(
    network: Network, people: Cast, by: str
) -> None:
    consent_id = people.consent()[0]
    referral_id = people.send(consent_id)
    standing.accept(people, referral_id)
    with people.outreach.transaction() as (session, actor):
        code = issue.printed(session, actor, referral_id).code
    with getattr(people, by).transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    row = looking.referral(network, referral_id)
    assert (row.state, row.reason, row.outcome) == (State.WITHDRAWN, None, None)
    assert looking.receivers_keys(network, referral_id) == 0
    other = people.ngo.id if by == "nurse" else people.clinic.id
    assert looking.told(network, referral_id) == {(other, "withdrawn")}
    with pytest.raises(Exception, match="no longer valid"), people.nurse.transaction() as (session, actor):
        issue.find(session, actor, code)
    with pytest.raises(Conflict, match="withdrawn this permission"):
        people.send(consent_id)


def test_what_was_taken_into_the_receivers_records_stays(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ARRIVED)
    with people.nurse.transaction() as (session, actor):
        client_id = take.take(session, actor, referral_id, frozenset({take.Copied.NAME}))
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    found = looking.rows(network, "SELECT name FROM app.clients WHERE id = :id", id=client_id)
    assert found[0].name is not None


@pytest.mark.parametrize("state", [State.COMPLETED, State.STOPPED])
def test_permission_can_be_taken_back_after_the_end_once(network: Network, people: Cast, state: State) -> None:
    referral_id = standing.referral(network, people, state)
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    row = looking.referral(network, referral_id)
    assert row.state == state
    assert row.readable_until <= clock.now()
    assert looking.receivers_keys(network, referral_id) == 0
    with pytest.raises(Conflict, match="nothing to take back"), people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    assert [kind for kind, _detail in looking.events(network, referral_id)].count("withdrawn") == 1


def test_nobody_lets_a_referral_run_out_by_hand(network: Network, people: Cast) -> None:
    with clock.at(datetime.now(UTC) - timedelta(days=40)):
        referral_id = people.send()
    for who in (people.nurse, people.outreach):
        with pytest.raises(NotFound), who.transaction() as (session, actor):
            finish.expire(session, actor, referral_id)
    assert looking.referral(network, referral_id).state == State.SENT


def test_running_out_closes_the_packet_and_tells_both(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.EXPIRED)
    with people.nurse.transaction() as (session, _actor):
        assert (
            session.execute(text("SELECT 1 FROM app.packet_keys WHERE referral_id = :id"), {"id": referral_id}).all()
            == []
        )
    assert looking.told(network, referral_id) >= {(people.ngo.id, "expired"), (people.clinic.id, "expired")}
    with pytest.raises(Conflict, match="ran out of time"), people.nurse.transaction() as (session, actor):
        finish.complete(session, actor, referral_id, Outcome.CONTINUES)


def test_reminders_stand_on_the_timeline(network: Network, people: Cast) -> None:
    with clock.at(datetime.now(UTC) - timedelta(hours=5)):
        referral_id = people.send()
    workshop = Workshop(network.servers.settings)
    try:
        clocks.beat(workshop)
        with workshop.on_due(people.ngo.id, referral_id) as (session, system, what):
            finish.remind(session, system, referral_id, what)
    finally:
        workshop.engine.dispose()
    assert [kind for kind, _detail in looking.events(network, referral_id)] == ["sent", "overdue"]
    assert looking.referral(network, referral_id).reminded == "overdue"
