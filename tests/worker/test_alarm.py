"""The web finds out that the worker is dead, and tells the stewards, once."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.core.scheduled import DUE, RELAY, TASKS
from app.core.settings import WebSettings
from app.launch.services import GUNICORN
from tests.network import Network, Person
from tests.referrals.status.staging import begin_anew, let_pass
from tests.running import PostOffice, eventually, free_port, process
from worker import heartbeats
from worker.alarm import Alarm
from worker.context import Workshop
from worker.heartbeats import beating

NIGHT = timedelta(hours=10)
WEB = ("-m", "gunicorn", "wsgi:app", *GUNICORN)

LATE = ["spean.relay", "spean.mail", "spean.clock", "spean.due", "spean.seal_audit"]
"""What a worker that is dead for some minutes leaves undone."""


@pytest.fixture
def settings(network: Network, post: PostOffice) -> WebSettings:
    return replace(network.servers.settings, smtp_url=post.url, base_url="https://spean.example.org")


@pytest.fixture
def alarm(network: Network, settings: WebSettings) -> Iterator[Alarm]:
    assert network.steward
    begin_anew(network)
    made = Alarm(settings)
    made._looked -= 3600  # this process has been running for an hour
    yield made
    begin_anew(network)


def succeed(network: Network, settings: WebSettings) -> None:
    """Everything has run once more."""
    workshop = Workshop(replace(network.servers.settings, smtp_url=settings.smtp_url))
    for task in TASKS:
        heartbeats._noted.clear()
        with beating(workshop.outside, task):
            pass
    workshop.close()


def minutes_later(network: Network, minutes: int) -> None:
    with network.servers.administrator() as staging:
        span = timedelta(minutes=minutes)
        staging.execute(
            "UPDATE sec.incidents SET opened_at = opened_at - %(s)s, well_at = well_at - %(s)s", {"s": span}
        )
        staging.execute("UPDATE sec.alerts SET next_at = next_at - %s", [span])


def opened(network: Network) -> list[tuple[object, ...]]:
    with network.servers.administrator() as looking:
        return looking.execute("SELECT tasks, closed_at IS NOT NULL FROM sec.incidents ORDER BY opened_at").fetchall()


def subjects(post: PostOffice, steward: Person) -> list[str]:
    return [str(mail["Subject"]) for mail in post.to(steward.email)]


def test_all_is_well_and_nobody_is_told(network: Network, alarm: Alarm, post: PostOffice) -> None:
    alarm.look()
    let_pass(network, {RELAY: timedelta(seconds=100), DUE: timedelta(seconds=170)})
    alarm.look()
    assert opened(network) == []
    assert post.mails == []


def test_a_worker_that_is_dead_is_told_once_and_once_that_it_is_well_again(
    network: Network, alarm: Alarm, settings: WebSettings, post: PostOffice
) -> None:
    let_pass(network, timedelta(minutes=4))
    alarm.look()
    assert opened(network) == [(LATE, False)]
    assert subjects(post, network.steward) == ["Something in Spean has stopped."]
    body = post.mails[0].get_content()
    assert "Reminding of referrals" in body
    assert "https://spean.example.org/status" in body
    let_pass(network, timedelta(hours=4))
    for _ in range(3):
        minutes_later(network, 40)
        alarm.look()
    assert opened(network) == [([*LATE, "spean.records"], False)]
    assert len(post.mails) == 1, "one mail for one incident, however long it lasts and whatever joins it"
    succeed(network, settings)
    alarm.look()
    minutes_later(network, 3)
    alarm.look()
    assert len(post.mails) == 1, "it must be well for five minutes"
    minutes_later(network, 3)
    alarm.look()
    alarm.look()
    assert subjects(post, network.steward) == ["Something in Spean has stopped.", "All is well again in Spean."]
    assert opened(network)[0][1] is True
    let_pass(network, timedelta(minutes=4))
    alarm.look()
    assert len(post.mails) == 3, "another incident is another mail"


def test_what_comes_and_goes_is_one_incident(
    network: Network, alarm: Alarm, settings: WebSettings, post: PostOffice
) -> None:
    for _ in range(3):
        let_pass(network, timedelta(minutes=4))
        alarm.look()
        succeed(network, settings)
        alarm.look()
        minutes_later(network, 4)
    assert len(opened(network)) == 1
    assert len(post.mails) == 1


def test_of_two_processes_one_sends(network: Network, alarm: Alarm, settings: WebSettings, post: PostOffice) -> None:
    let_pass(network, timedelta(minutes=4))
    others = [Alarm(settings) for _ in range(4)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda one: one.look(), [alarm, *others]))
    alarm.look()
    assert len(opened(network)) == 1
    assert len(post.mails) == 1


def test_every_steward_who_takes_mail_is_told_and_nobody_else(network: Network, alarm: Alarm, post: PostOffice) -> None:
    org = network.organisation("ngo")
    org.person("caseworker")
    let_pass(network, timedelta(minutes=4))
    with network.servers.administrator() as staging:
        staging.execute("UPDATE app.staff SET notify_email = false WHERE id = %s", [network.steward.staff_id])
    alarm.look()
    assert post.mails == []
    with network.servers.administrator() as staging:
        staging.execute("UPDATE app.staff SET notify_email = true WHERE id = %s", [network.steward.staff_id])
    begin_anew(network)
    let_pass(network, timedelta(minutes=4))
    alarm.look()
    assert [mail["To"] for mail in post.mails] == [network.steward.email]


def test_a_mail_server_that_is_away_is_tried_again(
    network: Network, alarm: Alarm, settings: WebSettings, post: PostOffice
) -> None:
    nowhere = Alarm(replace(settings, smtp_url=f"smtp://127.0.0.1:{free_port()}"))
    let_pass(network, timedelta(minutes=4))
    nowhere.look()
    alarm.look()
    assert post.mails == [], "it waits for two minutes"
    minutes_later(network, 3)
    alarm.look()
    minutes_later(network, 60)
    alarm.look()
    assert len(post.mails) == 1


def test_an_address_that_is_refused_is_not_tried_again(network: Network, alarm: Alarm, post: PostOffice) -> None:
    post.refusing[""] = "550 nobody of that name"
    let_pass(network, timedelta(minutes=4))
    alarm.look()
    post.refusing.clear()
    minutes_later(network, 60)
    alarm.look()
    assert post.mails == []


def test_an_alarm_that_never_went_out_is_not_followed_by_an_all_clear(
    network: Network, alarm: Alarm, settings: WebSettings, post: PostOffice
) -> None:
    let_pass(network, timedelta(minutes=4))
    Alarm(replace(settings, smtp_url=f"smtp://127.0.0.1:{free_port()}")).look()
    succeed(network, settings)
    alarm.look()
    minutes_later(network, 6)
    alarm.look()
    minutes_later(network, 60)
    alarm.look()
    assert post.mails == []
    assert opened(network)[0][1] is True


def test_a_first_start_does_not_cry_wolf(network: Network, alarm: Alarm) -> None:
    with network.servers.administrator() as staging:
        staging.execute("DELETE FROM sec.heartbeats")
    alarm.look()
    assert opened(network) == []
    let_pass(network, timedelta(minutes=4))  # and nothing has run since
    alarm.look()
    assert opened(network) == [(LATE, False)]


def test_a_restored_network_begins_to_look_anew(network: Network, alarm: Alarm) -> None:
    with network.servers.administrator() as staging:
        staging.execute("TRUNCATE sec.watch, sec.heartbeats")
    alarm.look()
    assert opened(network) == []
    let_pass(network, timedelta(minutes=4))
    alarm.look()
    assert len(opened(network)) == 1


def test_a_machine_that_was_off_for_a_night_gives_its_worker_time(
    network: Network, settings: WebSettings, alarm: Alarm
) -> None:
    let_pass(network, NIGHT, looked=False)
    fresh = Alarm(settings)  # the web began just now
    fresh.look()
    assert opened(network) == []
    let_pass(network, timedelta(minutes=4))
    fresh._looked -= 240
    fresh.look()
    assert opened(network) == [(LATE, False)]


def test_a_night_without_visitors_is_no_night_off(network: Network, alarm: Alarm) -> None:
    """Nobody asked for anything, so nobody looked; but this process ran, and the worker did not."""
    alarm._looked -= NIGHT.total_seconds()
    let_pass(network, NIGHT, looked=False)
    alarm.look()
    assert opened(network) == [([*LATE, "spean.records"], False)]


def test_a_week_of_nights_off_does_not_make_the_daily_tasks_late(network: Network, settings: WebSettings) -> None:
    begin_anew(network)
    for _ in range(7):
        let_pass(network, timedelta(hours=14), looked=False)
        Alarm(settings).look()
        let_pass(network, timedelta(hours=10))
        with network.servers.administrator() as staging:
            daily = [task.name for task in TASKS if task.at]
            staging.execute(
                "UPDATE sec.heartbeats SET succeeded_at = now(), off = '0' WHERE NOT task = ANY (%s)", [daily]
            )
    # seventy hours of running time without the nightly tasks: not yet three days
    Alarm(settings).look()
    assert opened(network) == []
    let_pass(network, timedelta(hours=3))
    alarm = Alarm(settings)
    alarm._looked -= 3 * 3600
    alarm.look()
    assert "spean.publish" in str(opened(network))
    begin_anew(network)


def test_a_clock_that_jumps_ahead_raises_no_alarm_and_one_that_goes_back_hides_none(
    network: Network, alarm: Alarm
) -> None:
    alarm._looked += 3600  # it looked just now
    let_pass(network, timedelta(days=30), looked=False)
    alarm.look()
    assert opened(network) == []
    with network.servers.administrator() as staging:  # the clock is put right: all of it stands in the future
        staging.execute("UPDATE sec.watch SET looked_at = now() + interval '30 days'")
        staging.execute("UPDATE sec.heartbeats SET succeeded_at = now() + interval '30 days'")
    alarm.look()
    let_pass(network, timedelta(minutes=4))
    alarm.look()
    assert len(opened(network)) == 1


def test_a_look_that_fails_is_a_line_in_the_log_and_the_next_one_may_come(
    network: Network, settings: WebSettings, caplog: pytest.LogCaptureFixture
) -> None:
    away = Alarm(replace(settings, web_url="postgresql://x:x@127.0.0.1:1/x"))
    away._busy.acquire()
    away._look()
    assert "it could not be seen whether all is well" in caplog.text
    assert not away._busy.locked()


def test_it_looks_at_most_once_a_minute(settings: WebSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    alarm, looked, done = Alarm(settings), [], threading.Event()
    monkeypatch.setattr(alarm, "look", lambda: (looked.append(1), done.set()))
    for _ in range(20):
        alarm.wake()
    assert done.wait(5)
    alarm._next = 0
    done.clear()
    eventually(lambda: not alarm._busy.locked(), seconds=5)
    alarm.wake()
    assert done.wait(5)
    assert len(looked) == 2


@pytest.mark.slow
def test_the_web_alone_tells_of_a_dead_worker(network: Network, alarm: Alarm, post: PostOffice, tmp_path: Path) -> None:
    """Neither worker nor beat nor Redis runs; somebody asks for /up, as the launcher does."""
    let_pass(network, timedelta(minutes=4))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    environ = {**network.servers.environ(), "SPEAN_SMTP_URL": post.url, "SPEAN_REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, *WEB, "--bind", f"127.0.0.1:{port}"]
    with process(command, environ, tmp_path / "web.log"):

        def asked() -> bool:
            try:
                with urlopen(f"http://127.0.0.1:{port}/up", timeout=5) as answer:
                    return bool(answer.read() == b"ok\n")
            except OSError:
                return False

        eventually(asked)
        # both processes began just now, and the last look was just before: what was quiet then is quiet now
        eventually(lambda: post.to(network.steward.email), state=(tmp_path / "web.log").read_text)
        for _ in range(6):
            assert asked()
    assert subjects(post, network.steward) == ["Something in Spean has stopped."]
    assert "Traceback" not in (tmp_path / "web.log").read_text()
