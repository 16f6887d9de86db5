from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core import clock, idempotency
from app.core.ids import new_id
from orgs.programmes.queries import programme
from referrals.life.reasons import CancelReason
from referrals.life.states import State
from referrals.life.use_cases import answer, finish
from tests.cast import cast, tomorrow
from tests.network import Network, Person
from tests.running import swept
from tests.worker.news import jobs, told
from worker import periodic, relay
from worker.context import Gone, Workshop


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def state(person: Person, referral_id: UUID) -> tuple[str, str]:
    with person.transaction() as (session, _actor):
        query = text("SELECT state, reminded FROM app.referrals WHERE id = :id")
        row = session.execute(query, {"id": referral_id}).one()
        return (row.state, row.reminded)


def events(person: Person, referral_id: UUID) -> list[str]:
    with person.transaction() as (session, _actor):
        query = text("SELECT kind FROM app.referral_events WHERE referral_id = :id ORDER BY at")
        return list(session.execute(query, {"id": referral_id}).scalars())


def run(workshop: Workshop) -> None:
    periodic.due(workshop)
    relay.drain(workshop, mail=False)


def test_half_of_the_time_reminds_the_receiver_once(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    with clock.at(ago(hours=3)):  # four hours are promised
        referral_id = team.send()
    run(workshop)
    run(workshop)
    assert told(team.nurse) == ["sent", "half_time"]
    assert told(team.outreach) == []
    assert state(team.nurse, referral_id) == (State.SENT, "half")


def test_all_of_it_reminds_both_sides_once(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    with clock.at(ago(hours=5)):
        referral_id = team.send()
    run(workshop)
    run(workshop)
    assert told(team.nurse) == ["sent", "overdue"]
    assert told(team.outreach) == ["overdue"]
    assert state(team.outreach, referral_id) == (State.SENT, "overdue")


def test_what_nobody_answers_runs_out_and_its_packet_closes(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    with clock.at(ago(days=20)):
        referral_id = team.send()
    with network.servers.engines["spean_backup"].connect() as connection:
        keys = text("SELECT count(*) FROM app.packet_keys WHERE referral_id = :id AND holder = 'receiver'")
        assert connection.execute(keys, {"id": referral_id}).scalar_one() == 2
        connection.rollback()
        run(workshop)
        assert state(team.nurse, referral_id)[0] == State.EXPIRED
        with team.nurse.transaction() as (session, _actor):
            assert session.execute(keys, {"id": referral_id}).scalar_one() == 0  # closed to whoever may not read on
        periodic.sweep(workshop)
        assert connection.execute(keys, {"id": referral_id}).scalar_one() == 2  # and not yet destroyed
        connection.rollback()
        swept(network, workshop)
        assert connection.execute(keys, {"id": referral_id}).scalar_one() == 0
    assert state(team.nurse, referral_id)[0] == State.EXPIRED
    assert told(team.nurse) == ["sent", "expired"]
    assert told(team.outreach) == ["expired"]
    assert events(team.outreach, referral_id) == ["sent", "expired"]


def test_an_answer_in_time_is_neither_reminded_of_nor_let_run_out(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    with clock.at(ago(hours=5)):
        referral_id = team.send()
    with team.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    run(workshop)
    assert told(team.nurse) == ["sent"]
    assert state(team.nurse, referral_id)[0] == State.ACCEPTED
    with pytest.raises(Gone), workshop.on_due(team.ngo.id, referral_id):
        pass


def test_one_that_fails_does_not_hold_up_the_others(
    network: Network, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = cast(network)
    with clock.at(ago(days=20)):
        referrals = [team.send(), team.send()]
    real, broken = finish.expire, referrals[0]

    def sometimes(session: object, actor: object, referral_id: UUID) -> object:
        if referral_id == broken:
            raise RuntimeError("a fault of ours")
        return real(session, actor, referral_id)  # type: ignore[arg-type]

    monkeypatch.setattr(finish, "expire", sometimes)
    run(workshop)
    assert [state(team.nurse, one)[0] for one in referrals] == [State.SENT, State.EXPIRED]
    monkeypatch.undo()
    run(workshop)
    assert state(team.nurse, broken)[0] == State.EXPIRED


def test_a_programmes_record_is_counted_from_ten_answers_on(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    record = text("SELECT asked, answered, in_time FROM app.programme_records WHERE programme_id = :id")

    def answered(times: int) -> object:
        for _ in range(times):
            with clock.at(ago(days=2)):
                referral_id = team.send()
                with team.nurse.transaction() as (session, actor):
                    answer.waitlist(session, actor, referral_id)
        periodic.refresh_records(workshop)
        with team.nurse.transaction() as (session, _actor):
            return session.execute(record, {"id": team.programme_id}).one_or_none()

    assert answered(9) is None
    assert answered(1) == (10, 10, 10)


def test_what_a_programme_never_answers_stands_in_its_record(network: Network, workshop: Workshop) -> None:
    team = cast(network)

    def refreshed() -> tuple[object, ...] | None:
        run(workshop)
        periodic.refresh_records(workshop)
        with team.nurse.transaction() as (session, _actor):
            view = programme(session, team.programme_id)
        return view.record and (view.record.asked, view.record.share_in_time, view.record.median_minutes)

    with clock.at(ago(days=2)):
        silent = [team.send() for _ in range(9)]
        taken_back = team.send()
        with team.outreach.transaction() as (session, actor):
            finish.cancel(session, actor, taken_back, CancelReason.NEED_MET)
    assert refreshed() is None
    with clock.at(ago(days=20)):
        silent.append(team.send())
    assert refreshed() == (10, 0, None)
    assert state(team.nurse, silent[-1])[0] == State.EXPIRED
    with clock.at(ago(days=2)):
        answered = team.send()
        with team.nurse.transaction() as (session, actor):
            answer.waitlist(session, actor, answered)
    team.send()  # whose time has not come
    assert refreshed() == (11, pytest.approx(1 / 11), 0)
    with team.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, silent[0], CancelReason.NEED_MET)
    assert refreshed() == (11, pytest.approx(1 / 11), 0)


def test_a_lapsed_permission_takes_the_receivers_keys_and_no_other(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    lapsed, goes_on = team.send(), team.send()
    for referral_id in (lapsed, goes_on):
        with team.nurse.transaction() as (session, actor):
            answer.accept_and_arrive(session, actor, referral_id)
    with network.servers.administrator() as staging:  # time goes by, which no role of ours may say
        staging.execute("SET LOCAL session_replication_role = replica")
        staging.execute("UPDATE app.referrals SET readable_until = now() WHERE id = %s", [lapsed])

    def keys(referral_id: UUID) -> Counter[str]:
        with network.servers.administrator() as looking:
            rows = looking.execute("SELECT holder FROM app.packet_keys WHERE referral_id = %s", [referral_id])
            return Counter(row[0] for row in rows)

    both = keys(goes_on)
    assert both["sender"] == both["receiver"] == 2
    assert keys(lapsed) == both
    periodic.sweep(workshop)
    assert keys(lapsed) == both
    swept(network, workshop)
    assert keys(goes_on) == both
    assert keys(lapsed) == {"sender": 2}
    assert state(team.nurse, lapsed)[0] == State.ARRIVED


def test_finished_work_is_swept_after_a_week(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    referral_id = team.send()
    relay.drain(workshop, mail=False)
    periodic.sweep(workshop)
    assert len(jobs(network, referral_id)) == 1
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        old = text("UPDATE app.outbox SET done_at = now() - interval '8 days' WHERE referral_id = :id")
        connection.execute(old, {"id": referral_id})
    assert swept(network, workshop) >= 1
    assert jobs(network, referral_id) == []
    assert told(team.nurse) == ["sent"]


def test_keys_of_repeated_requests_are_swept_after_thirty_days(network: Network, workshop: Workshop) -> None:
    nurse = cast(network).nurse
    for days, key in ((31, "old"), (29, "young")):
        with nurse.transaction() as (session, actor):
            idempotency.once(session, actor, key, key, b"same", 200, new_id)
        with network.servers.administrator() as staging:
            aged = "UPDATE app.idempotency_keys SET at = at - make_interval(days => %s) WHERE action = %s"
            staging.execute(aged, (days, key))
    assert swept(network, workshop) >= 1
    with nurse.transaction() as (session, actor):
        assert idempotency.once(session, actor, "young", "young", b"same", 200, new_id).again
        assert not idempotency.once(session, actor, "old", "old", b"same", 200, new_id).again
