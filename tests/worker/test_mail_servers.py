"""Mail servers that are away, slow, full or wrong: what is tried again, parked or failed, and who is told."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from referrals.deliveries.rules import MOST_ATTEMPTS, Reason, probe_after
from referrals.notices.words import MAIL_FAILED
from tests.cast import cast
from tests.network import Network
from tests.running import PostOffice
from tests.worker.news import mails, told
from tests.worker.waiting import by_hand, due_again, rung
from worker import relay, sending
from worker.channels import email
from worker.context import Workshop


def probe_is_due(network: Network) -> None:
    by_hand(network, "UPDATE sec.channels SET probe_at = now()")


@dataclass
class Slamming:
    """A server that hangs up on everybody, and counts them."""

    port: int = 0
    calls: int = 0


@contextmanager
def slamming() -> Iterator[Slamming]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        made = Slamming(door.getsockname()[1])

        def slam() -> None:
            while True:
                try:
                    line, _ = door.accept()
                except OSError:
                    return
                made.calls += 1
                line.close()

        thread = threading.Thread(target=slam, daemon=True)
        thread.start()
        yield made
        door.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


@contextmanager
def at(workshop: Workshop, port: int) -> Iterator[Workshop]:
    """Another worker, to whom the mail server is this one."""
    other = Workshop(replace(workshop.settings, smtp_url=f"smtp://127.0.0.1:{port}"))
    yield other
    other.close()


def test_a_server_that_is_away_parks_all_and_is_not_flooded_and_all_go_out_when_it_is_back(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    teams = [cast(network) for _ in range(4)]
    sent = [team.send() for team in teams]
    with slamming() as server, at(workshop, server.port) as cut_off:
        relay.drain(cut_off)
        assert [told(team.nurse) for team in teams] == [["sent"]] * 4
        assert [mails(network, one) for one in sent] == [[("parked", "no_answer")]] * 4
        for _ in range(5):
            assert sending.send_due(cut_off) is False
        late = cast(network)
        sent.append(late.send())
        relay.drain(cut_off)
        assert server.calls == 1, "one try in an interval, whoever looks"
        probe_is_due(network)
        sending.send_due(cut_off)
        assert server.calls == 2
        assert mails(network, sent[-1]) == [("parked", "no_answer")]
    assert sending.send_due(workshop) is False
    assert post.mails == [], "another process knows that the server is away"
    probe_is_due(network)
    sending.send_due(workshop)
    assert [mails(network, one) for one in sent] == [[("sent", None)]] * 5
    assert [len(post.to(team.nurse.email)) for team in (*teams, late)] == [1] * 5


def test_intervals_grow_to_two_minutes_and_no_longer(network: Network, workshop: Workshop) -> None:
    cast(network).send()
    waits = []
    with slamming() as server, at(workshop, server.port) as cut_off:
        relay.drain(cut_off)
        for _ in range(12):
            with network.servers.engines["spean_backup"].connect() as connection:
                query = text("SELECT probe_at - clock_timestamp() FROM sec.channels")
                waits.append(connection.execute(query).scalar_one())
            probe_is_due(network)
            sending.send_due(cut_off)
    assert waits[0] <= timedelta(seconds=15)
    assert waits == sorted(waits) or max(waits) < timedelta(minutes=2, seconds=1)
    assert timedelta(seconds=100) < waits[-1] <= timedelta(minutes=2)
    assert probe_after(Reason.SIGN_IN_REFUSED) >= timedelta(minutes=5)


def test_after_twelve_attempts_at_a_server_that_takes_nothing_a_mail_is_parked_and_not_dropped(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    post.refusing[""] = "451 later"
    relay.drain(workshop)
    for _ in range(2 * MOST_ATTEMPTS):
        due_again(network, referral_id)
        probe_is_due(network)
        sending.send_due(workshop)
    assert mails(network, referral_id) == [("parked", "refuses_all")]
    assert told(team.nurse) == ["sent"]
    post.refusing.clear()
    probe_is_due(network)
    sending.send_due(workshop)
    assert mails(network, referral_id) == [("sent", None)]
    assert len(post.to(team.nurse.email)) == 1


def test_a_mailbox_that_never_takes_mail_fails_when_others_do(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team, other = cast(network), cast(network)
    referral_id = team.send()
    post.refusing[team.nurse.email] = "452 4.2.2 full"
    relay.drain(workshop)
    assert mails(network, referral_id) == [("queued", "try_later")]
    due_again(network, referral_id, attempts=MOST_ATTEMPTS - 1)
    other.send()
    rung(workshop)
    by_hand(
        network, "UPDATE app.deliveries SET next_at = now() - interval '1 hour' WHERE org_id = :o", o=other.clinic.id
    )
    sending.send_due(workshop)
    assert len(post.to(other.nurse.email)) == 1
    assert mails(network, referral_id) == [("failed", "too_many_attempts")]
    assert told(team.nurse) == ["sent", MAIL_FAILED]


def test_a_server_that_lets_strangers_wait_gets_the_mail_later(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    post.refusing[team.nurse.email] = "450 4.2.0 greylisted"
    relay.drain(workshop)
    assert mails(network, referral_id) == [("queued", "try_later")]
    assert sending.claim(workshop) is None, "not at once"
    post.refusing.clear()
    due_again(network, referral_id)
    sending.send_due(workshop)
    assert mails(network, referral_id) == [("sent", None)]
    assert told(team.nurse) == ["sent"]


def test_eighteen_refusals_of_one_address_are_eighteen_failures_and_one_alarm(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    other = team.clinic.person("caseworker")
    post.refusing[team.nurse.email] = "550 no"
    sent = [team.send(team.consent()[0]) for _ in range(18)]
    relay.drain(workshop)
    assert [mails(network, one) for one in sent] == [[("failed", "address_refused"), ("sent", None)]] * 18
    assert told(team.nurse).count(MAIL_FAILED) == 1
    assert MAIL_FAILED not in told(other)
    assert (len(post.to(team.nurse.email)), len(post.to(other.email))) == (0, 18)


def test_the_alarm_comes_again_once_a_mail_went_through_between(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    for answered in ("550 5.1.1 nobody", "", "550 5.1.1 nobody"):
        post.refusing[team.nurse.email] = answered
        team.send(team.consent()[0])
        relay.drain(workshop)
    assert told(team.nurse).count(MAIL_FAILED) == 2


def test_a_server_that_refuses_everybody_is_not_taken_for_wrong_addresses(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    teams = [cast(network) for _ in range(4)]
    sent = [team.send() for team in teams]
    post.refusing[""] = "550 blocked, see our page"
    relay.drain(workshop)
    assert [mails(network, one) for one in sent] == [[("parked", "refuses_all")]] * 4
    assert [told(team.nurse) for team in teams] == [["sent"]] * 4, "the alarm of the first ones is taken back"
    post.refusing.clear()
    probe_is_due(network)
    sending.send_due(workshop)
    assert [mails(network, one) for one in sent] == [[("sent", None)]] * 4


def test_three_wrong_addresses_are_told_from_a_server_that_refuses_everybody(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    teams = [cast(network) for _ in range(3)]
    for team in teams:
        post.refusing[team.nurse.email] = "550 5.1.1 nobody of that name"
    sent = [team.send() for team in teams]
    relay.drain(workshop)
    assert [mails(network, one) for one in sent] == [[("failed", "address_unknown")]] * 3
    assert [told(team.nurse) for team in teams] == [["sent", MAIL_FAILED]] * 3


def test_one_mail_that_hangs_is_not_taken_for_a_server_that_is_away(
    network: Network, workshop: Workshop, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, other = cast(network), cast(network)
    sent = [team.send(), other.send()]
    monkeypatch.setattr(post, "handle_RCPT", _hanging(post, team.nurse.email))
    monkeypatch.setattr(email, "send", partial(email.send, within_s=1.0))
    relay.drain(workshop)
    assert mails(network, sent[0]) == [("queued", "broke_off")]
    assert mails(network, sent[1]) == [("sent", None)]


def _hanging(post: PostOffice, at_address: str) -> object:
    usual = post.handle_RCPT

    async def handle(server: object, session: object, envelope: object, address: str, options: list[str]) -> str:
        if address == at_address:
            await asyncio.sleep(1.5)
        return await usual(server, session, envelope, address, options)  # type: ignore[arg-type]

    return handle


def test_a_password_that_is_refused_parks_and_is_seldom_tried(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    post.refusing[""] = "530 5.7.0 Authentication required"
    relay.drain(workshop)
    assert mails(network, referral_id) == [("parked", "sign_in_refused")]
    with network.servers.engines["spean_backup"].connect() as connection:
        wait = connection.execute(text("SELECT probe_at - now() FROM sec.channels")).scalar_one()
    assert wait > timedelta(minutes=4)
