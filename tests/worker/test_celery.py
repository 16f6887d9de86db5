"""A real worker and a real schedule, a real Redis, a real mail server."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from redis import RedisError
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.factory import create_app
from app.http.session import database, signed_in, transaction
from orgs.staff.own_access import make_token
from tests.cast import CANARIES, Cast, cast, tomorrow
from tests.network import Network, Person
from tests.running import BEAT, CELERY, WORKER, Broker, PostOffice, eventually, listening, process
from tests.worker.news import jobs, mails, ref_of, told
from worker import relay
from worker.context import Workshop
from worker.mark import KEY, Mark
from worker.nudge import nudger


@contextmanager
def celery(network: Network, broker: Broker, post: PostOffice, log: Path, *arguments: str) -> Iterator[None]:
    environ = {
        **network.servers.environ(),
        "SPEAN_REDIS_URL": broker.url,
        "SPEAN_SMTP_URL": post.url,
        "SPEAN_BASE_URL": "https://spean.example.org",
    }
    with process([*CELERY, *arguments], environ, log):
        yield


@pytest.fixture
def app(network: Network, broker: Broker) -> Iterator[Flask]:
    made = create_app(replace(network.servers.settings, redis_url=broker.url))
    yield made
    with made.app_context():
        for engine in database.engines.values():
            engine.dispose()


@contextmanager
def request_of(app: Flask, person: Person) -> Iterator[None]:
    with app.test_request_context("/", headers={"Cookie": f"spean=s.{person.token}"}):
        assert signed_in()
        yield


def accepting(app: Flask, team: Cast, referral_id: UUID) -> TestResponse:
    """The answer to whoever accepts, as long as it is being sent."""
    with team.nurse.transaction() as (session, who):
        token = make_token(session, who, label="a program", days=1)
    at = tomorrow().at
    assert at is not None
    path, headers = f"/api/v1/referrals/{referral_id}/accept", {"Authorization": f"Bearer {token}"}
    return app.test_client().post(path, json={"at": at.isoformat()}, headers=headers)


def accept_on_the_web(app: Flask, team: Cast, referral_id: UUID) -> None:
    with accepting(app, team, referral_id) as answered:
        assert answered.status_code == 200


@pytest.mark.slow
def test_a_step_on_the_web_is_told_within_seconds_and_redis_learns_nothing(
    network: Network, workshop: Workshop, app: Flask, broker: Broker, post: PostOffice, tmp_path: Path
) -> None:
    team = cast(network)
    referral_id = team.send()
    log = tmp_path / "worker.log"
    with listening(broker) as heard, celery(network, broker, post, log, *WORKER):
        eventually(lambda: b"ready" in log.read_bytes())
        accept_on_the_web(app, team, referral_id)
        eventually(lambda: post.to(team.outreach.email), seconds=10)  # no beat runs: the nudge did it
        eventually(lambda: all(done for *_, done in jobs(network, referral_id)))
        with broker.client() as client:
            assert not client.exists(KEY)  # the relay cleared it before it looked
    said = "\n".join(heard) + log.read_text() + "\n".join(str(mail) for mail in post.mails)
    assert "spean.relay" in said
    assert "spean.mail" in said
    assert told(team.nurse) == ["sent"]
    assert told(team.outreach) == ["accepted"]
    with team.nurse.transaction() as (session, _actor):
        query = text("SELECT name_en FROM app.organisations WHERE id IN (:a, :b)")
        names = session.execute(query, {"a": team.ngo.id, "b": team.clinic.id}).scalars().all()
    redis_and_log = "\n".join(heard) + log.read_text()
    for word in (*CANARIES, *names, "methadone", "Trial programme"):
        assert word not in said
    for word in (team.nurse.email, team.outreach.email, "Dara", str(team.client_id)):
        assert word not in redis_and_log


@pytest.mark.slow
def test_when_every_nudge_is_lost_the_schedule_finds_what_waits(
    network: Network, workshop: Workshop, broker: Broker, post: PostOffice, tmp_path: Path
) -> None:
    team = cast(network)
    referral_id = team.send()  # not by the web: nobody was nudged
    schedule = str(tmp_path / "schedule")
    with (
        celery(network, broker, post, tmp_path / "worker.log", *WORKER),
        process([*BEAT, "--schedule", schedule], {"SPEAN_REDIS_URL": broker.url}, tmp_path / "beat.log"),
    ):
        eventually(lambda: post.to(team.nurse.email))
    assert post.to(team.nurse.email)[0]["Subject"].startswith(ref_of(team.nurse, referral_id))


def test_a_web_request_does_not_mind_that_redis_is_away(
    network: Network, workshop: Workshop, app: Flask, broker: Broker
) -> None:
    team = cast(network)
    referral_id = team.send()
    broker.stop()
    before = time.monotonic()
    accept_on_the_web(app, team, referral_id)
    assert time.monotonic() - before < 2
    assert len(jobs(network, referral_id)) == 2
    broker.start()
    nudger(replace(network.servers.settings, redis_url=broker.url))()
    with broker.client() as client:
        assert client.llen("spean") == 1


def test_of_many_nudges_one_reaches_the_relay_until_it_looks(network: Network, broker: Broker) -> None:
    settings = replace(network.servers.settings, redis_url=broker.url)
    nudge, mark = nudger(settings), Mark(settings)
    for _ in range(3):
        nudge()
    with broker.client() as client:
        assert client.llen("spean") == 1
        mark.clear()
        nudge()
        assert client.llen("spean") == 2
        assert 0 < client.pttl(KEY) <= 1000  # a nudge that was lost is not waited for


def test_a_mark_is_set_again_once_redis_is_back(network: Network, broker: Broker) -> None:
    mark = Mark(replace(network.servers.settings, redis_url=broker.url))
    assert mark.set()
    broker.stop()
    with pytest.raises(RedisError):
        mark.set()
    broker.start()
    assert mark.set()
    assert not mark.set()
    broker.stop()
    broker.start()
    assert mark.set()  # over the connection that was cut meanwhile


def test_a_redis_that_says_nothing_holds_nobody_up_for_long(network: Network) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(6) as pool:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        nudge = nudger(replace(network.servers.settings, redis_url=url))
        before = time.monotonic()
        list(pool.map(lambda _: nudge(), range(6)))
    assert time.monotonic() - before < 4


def test_who_waits_has_the_answer_before_the_relay_is_nudged(network: Network, app: Flask) -> None:
    team, nudged = cast(network), []
    app.extensions["spean_nudge"] = lambda: nudged.append("now")
    with accepting(app, team, team.send()) as answered:
        assert answered.json["state"] == "accepted"
        assert nudged == []
    assert nudged == ["now"]


def test_nothing_told_nothing_nudged(network: Network, app: Flask, broker: Broker) -> None:
    team = cast(network)
    with request_of(app, team.nurse), transaction() as session:
        session.execute(text("SELECT 1"))
    with broker.client() as client:
        assert client.llen("spean") == 0


@pytest.mark.slow
def test_after_a_worker_was_killed_in_the_middle_the_next_one_tells_everybody_once_within_half_a_minute(
    network: Network, workshop: Workshop, broker: Broker, post: PostOffice, tmp_path: Path
) -> None:
    """Killed while it hands over a mail, with jobs and deliveries leased; then everything is started anew."""
    teams = [cast(network) for _ in range(4)]
    sent = [team.send() for team in teams]
    handing_over, usual = threading.Event(), post.handle_DATA

    async def never(*_: object) -> str:
        handing_over.set()
        await asyncio.sleep(60)
        return "451 too late"

    post.handle_DATA = never  # type: ignore[method-assign]
    with killed(network, broker, post, tmp_path / "killed.log", *WORKER):
        nudger(replace(network.servers.settings, redis_url=broker.url))()
        assert handing_over.wait(20)
        relay.lease(workshop)  # and a relay that was killed right after it had leased
    post.handle_DATA = usual  # type: ignore[method-assign]
    teams.append(cast(network))
    sent.append(teams[-1].send())
    relay.lease(workshop)
    with broker.client() as client:
        client.flushall()
    schedule = str(tmp_path / "schedule")
    with (
        celery(network, broker, post, tmp_path / "worker.log", *WORKER),
        process([*BEAT, "--schedule", schedule], {"SPEAN_REDIS_URL": broker.url}, tmp_path / "beat.log"),
    ):
        log = tmp_path / "worker.log"
        eventually(lambda: b"ready" in log.read_bytes())
        eventually(lambda: all(post.to(team.nurse.email) for team in teams), seconds=30)
        eventually(lambda: all(mails(network, one) == [("sent", None)] for one in sent))
    assert [told(team.nurse) for team in teams] == [["sent"]] * 5
    assert [len(post.to(team.nurse.email)) for team in teams] == [1] * 5


@contextmanager
def killed(network: Network, broker: Broker, post: PostOffice, log: Path, *arguments: str) -> Iterator[None]:
    """A Celery process that is killed in the end, as the machine would by losing its power."""
    environ = {
        **network.servers.environ(), "SPEAN_REDIS_URL": broker.url, "SPEAN_SMTP_URL": post.url,
        "SPEAN_BASE_URL": "https://spean.example.org",
    }  # fmt: skip
    with process([*CELERY, *arguments], environ, log) as running:
        try:
            yield
        finally:
            running.kill()
            running.wait(timeout=10)
