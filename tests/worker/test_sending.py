"""Deliveries: what is sent, to whom, by one of many workers, and what is dropped before it is."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.logs import init_logs
from orgs.clients.use_cases import erasure
from referrals.deliveries.rules import MOST_ATTEMPTS, backoff
from referrals.life.reasons import CancelReason
from referrals.life.use_cases import answer, finish
from tests.cast import cast, tomorrow
from tests.network import Network, Person
from tests.running import PostOffice, swept
from tests.worker.news import mails
from tests.worker.waiting import by_hand, due_again, rung
from worker import relay, sending
from worker.channels import email
from worker.context import Gone, Workshop


def set_staff(network: Network, person: Person, **values: object) -> None:
    for name, value in values.items():
        change = f"UPDATE app.staff SET {name} = :value WHERE id = :id"
        if name == "active":
            by_hand(network, change, value=value, id=person.staff_id)
            continue
        with person.transaction() as (session, _actor):
            session.execute(text(change), {"value": value, "id": person.staff_id})


def test_a_withdrawal_drops_what_waits_in_its_own_transaction(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    rung(workshop)
    with team.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    assert mails(network, referral_id) == [("dropped", "withdrawn")]
    relay.drain(workshop)
    assert [mail["Subject"].split(": ")[1] for mail in post.mails] == ["The permission for a referral was withdrawn."]


def test_a_withdrawal_does_not_wait_for_a_mail_that_is_being_handed_over(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    referral_id = team.send()
    rung(workshop)
    claimed = sending.claim(workshop)
    assert claimed
    with workshop.on_delivery(*claimed), team.outreach.transaction() as (session, actor):
        session.execute(text("SET LOCAL lock_timeout = '500ms'"))
        finish.withdraw(session, actor, referral_id)
    assert mails(network, referral_id) == [("queued", None)]
    due_again(network, referral_id)
    sending.send_due(workshop)
    assert ("dropped", "too_late") in mails(network, referral_id)


def test_what_was_cancelled_meanwhile_is_dropped_when_its_turn_comes(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    rung(workshop)
    with team.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, referral_id, CancelReason.NEED_MET)
    relay.drain(workshop)
    assert sorted(mails(network, referral_id)) == [("dropped", "too_late"), ("sent", None)]
    assert [mail["Subject"].split(": ")[1] for mail in post.mails] == ["A referral to you was cancelled."]


@pytest.mark.parametrize(("change", "reason"), [({"active": False}, "left"), ({"notify_email": False}, "switched_off")])
def test_who_left_or_wants_no_mail_any_more_gets_none(
    network: Network, workshop: Workshop, post: PostOffice, change: dict[str, object], reason: str
) -> None:
    team = cast(network)
    referral_id = team.send()
    rung(workshop)
    set_staff(network, team.nurse, **change)
    sending.send_due(workshop)
    assert mails(network, referral_id) == [("dropped", reason)]
    assert post.mails == []


def test_a_mail_goes_to_the_present_address(network: Network, workshop: Workshop, post: PostOffice) -> None:
    team = cast(network)
    team.send()
    rung(workshop)
    with network.servers.administrator() as staging:
        staging.execute("UPDATE app.staff SET email = 'new@example.org' WHERE id = %s", [team.nurse.staff_id])
    sending.send_due(workshop)
    assert [mail["To"] for mail in post.mails] == ["new@example.org"]


def test_nothing_more_is_told_of_an_erased_client(network: Network, workshop: Workshop, post: PostOffice) -> None:
    team = cast(network)
    referral_id = team.send()
    with team.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    with team.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, referral_id, CancelReason.NEED_MET)
    rung(workshop)
    with team.caseworker.transaction() as (session, _actor):
        erasure.erase(session, team.client_id, "asked")
    assert {reason for _state, reason in mails(network, referral_id)} == {"erased"}
    sending.send_due(workshop)
    assert post.mails == []


def test_many_workers_at_once_send_each_mail_once(network: Network, workshop: Workshop, post: PostOffice) -> None:
    teams = [cast(network) for _ in range(6)]
    for team in teams:
        team.send()
    rung(workshop)
    others = [Workshop(workshop.settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sending.send_due, others))
    for other in others:
        other.close()
    assert [len(post.to(team.nurse.email)) for team in teams] == [1] * 6


def test_a_delivery_whose_worker_was_killed_is_leased_again_and_one_being_sent_is_not(
    network: Network, workshop: Workshop
) -> None:
    team = cast(network)
    referral_id = team.send()
    rung(workshop)
    first = sending.claim(workshop)
    assert first
    assert sending.claim(workshop) is None
    assert timedelta(seconds=25) >= sending.LEASE  # with the next beat, within half a minute
    due_again(network, referral_id)
    again = sending.claim(workshop)
    assert again == first
    with workshop.on_delivery(*first):
        with pytest.raises(Gone), workshop.on_delivery(*first):
            pass
        other = Workshop(workshop.settings)
        assert sending.claim(other) is None
        other.close()


def test_another_worker_that_passes_over_a_delivery_does_not_delay_it(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    """A claim may lock what another worker has just leased, and hold it until that claim is committed."""
    team = cast(network)
    referral_id = team.send()
    rung(workshop)
    claimed = sending.claim(workshop)
    assert claimed
    with ThreadPoolExecutor(1) as pool, network.servers.administrator() as staging:
        staging.execute("SELECT 1 FROM app.deliveries WHERE referral_id = %s FOR UPDATE", [referral_id])
        sent = pool.submit(sending.send, workshop, *claimed)
        assert wait([sent], timeout=0.2).not_done
        staging.commit()
        sent.result(timeout=5)
    assert len(post.to(team.nurse.email)) == 1


def test_an_error_of_ours_costs_one_mail_a_wait_and_no_log_names_anybody(
    network: Network, workshop: Workshop, post: PostOffice, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    init_logs()  # as the worker's process does
    team, other = cast(network), cast(network)
    broken, fine = team.send(), other.send()
    usual = email.compose

    def breaks(settings: object, letter: email.Letter) -> object:
        if letter.to == team.nurse.email:
            raise ValueError(letter.to)
        return usual(settings, letter)  # type: ignore[arg-type]

    monkeypatch.setattr(email, "compose", breaks)
    with caplog.at_level(logging.DEBUG):
        relay.drain(workshop)
    assert mails(network, broken) == [("queued", "our_error")]
    assert mails(network, fine) == [("sent", None)]
    (record,) = [one for one in caplog.records if one.exc_text and "ValueError" in one.exc_text]
    assert record.levelno == logging.ERROR
    assert team.nurse.email not in record.getMessage() + str(record.exc_text)


def test_old_deliveries_are_swept(network: Network, workshop: Workshop) -> None:
    made: dict[str, UUID] = {}
    for state, days in (("sent", 29), ("sent", 31), ("failed", 89), ("failed", 91), ("dropped", 31), ("queued", 91)):
        referral_id = made[f"{state} {days}"] = cast(network).send()
        rung(workshop)
        by_hand(
            network,
            "UPDATE app.deliveries SET state = :state, changed_at = now() - make_interval(days => :days)"
            " WHERE referral_id = :id",
            state=state, days=days, id=referral_id,
        )  # fmt: skip
    swept(network, workshop)
    left = {name for name, referral_id in made.items() if mails(network, referral_id)}
    assert left == {"sent 29", "failed 89", "queued 91"}


def test_waits_grow_to_an_hour() -> None:
    waits = [backoff(attempts) for attempts in range(1, MOST_ATTEMPTS + 1)]
    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=1)
    assert timedelta(hours=4) < sum(waits, timedelta()) < timedelta(hours=8)
