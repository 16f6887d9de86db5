"""What a scheduled task leaves behind, under the worker's real role."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
import pytest
from celery.schedules import crontab
from click.testing import CliRunner
from psycopg.rows import class_row
from sqlalchemy import event

from app.cli.publishing import publish
from app.core import clock, scheduled
from app.core.errors import Conflict
from app.core.scheduled import BY_BEAT, DUE, PUBLISH, RELAY, Scheduled
from tests.cast import cast
from tests.network import Network
from tests.running import clock_right
from tests.worker.test_periodic import ago
from worker import heartbeats, periodic, tasks
from worker.context import Workshop
from worker.heartbeats import beating
from worker.schedule import SCHEDULE
from worker.tally import Tally


@dataclass
class Beat:
    task: str
    started_at: datetime | None
    succeeded_at: datetime | None
    failed_at: datetime | None
    failure: str
    failed: int
    tried: int
    failures: int


def beat(network: Network, task: Scheduled) -> Beat | None:
    with psycopg.connect(network.servers.admin_url, dbname=network.servers.database) as looking:
        columns = "task, started_at, succeeded_at, failed_at, failure, failed, tried, failures"
        cursor = looking.cursor(row_factory=class_row(Beat))
        return cursor.execute(f"SELECT {columns} FROM sec.heartbeats WHERE task = %s", [task.name]).fetchone()


@pytest.fixture(autouse=True)
def none_yet(network: Network) -> Iterator[None]:
    with network.servers.administrator() as staging:
        staging.execute("DELETE FROM sec.heartbeats")
    heartbeats._noted.clear()
    yield
    heartbeats._noted.clear()


def test_the_schedule_is_every_task_that_the_web_waits_for() -> None:
    assert sorted(entry["task"] for entry in SCHEDULE.values()) == sorted(task.name for task in BY_BEAT)
    by_name = {entry["task"]: entry["schedule"] for entry in SCHEDULE.values()}
    for task in BY_BEAT:
        if task.at is None:
            assert by_name[task.name] == task.every.total_seconds()
        else:
            assert task.every == scheduled.DAY
            assert by_name[task.name] == crontab(hour=str(task.at.hour), minute=str(task.at.minute))


def test_every_entry_of_the_schedule_is_a_task_that_leaves_a_heartbeat(
    network: Network, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "workshop", lambda: workshop)
    names = {entry["task"] for entry in SCHEDULE.values()}
    found = {one.name: one for one in vars(tasks).values() if getattr(one, "name", None) in names}
    assert found.keys() == names
    for task in BY_BEAT:
        found[task.name]()
        left = beat(network, task)
        assert left is not None
        assert left.succeeded_at is not None, task
        assert left.started_at is not None
        assert left.started_at <= left.succeeded_at
        assert (left.failed_at, left.failures) == (None, 0)


def test_a_failure_is_kept_by_its_kind_and_never_by_its_words(network: Network, workshop: Workshop) -> None:
    with pytest.raises(ValueError, match="Sokha"), beating(workshop.outside, DUE):
        raise ValueError("Sokha 012 345 678")
    left = beat(network, DUE)
    assert left is not None
    assert (left.failure, left.failures, left.succeeded_at) == ("ValueError", 1, None)
    with pytest.raises(Conflict), beating(workshop.outside, DUE):
        raise Conflict
    left = beat(network, DUE)
    assert left is not None
    assert left.failure.startswith("app.core.errors.Conflict: This has changed")
    assert left.failures == 2
    with beating(workshop.outside, DUE):
        pass
    left = beat(network, DUE)
    assert left is not None
    assert left.failures == 0
    assert left.succeeded_at is not None
    assert left.failed_at is not None
    assert left.succeeded_at > left.failed_at


def test_a_task_that_is_killed_leaves_a_beginning_and_no_end(network: Network, workshop: Workshop) -> None:
    with pytest.raises(KeyboardInterrupt), beating(workshop.outside, DUE):
        raise KeyboardInterrupt
    left = beat(network, DUE)
    assert left is not None
    assert left.started_at is not None
    assert (left.succeeded_at, left.failed_at) == (None, None)


def test_referrals_that_failed_are_counted_and_the_run_is_no_success(
    network: Network, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = cast(network)
    monkeypatch.setattr(tasks, "workshop", lambda: workshop)
    monkeypatch.setattr(tasks, "_soon", lambda _task: None)
    periodic.due(workshop)  # what is due of earlier tests
    with clock.at(ago(days=20)):
        broken = {team.send() for _ in range(2)}
        team.send()
    real = periodic.life.expire

    def sometimes(session: object, actor: object, referral_id: object) -> object:
        if referral_id in broken:
            raise RuntimeError("Sokha")
        return real(session, actor, referral_id)  # type: ignore[arg-type]

    monkeypatch.setattr(periodic.life, "expire", sometimes)
    tasks.due()
    left = beat(network, DUE)
    assert left is not None
    assert (left.failed, left.tried, left.failure, left.succeeded_at) == (2, 3, "", None)
    monkeypatch.setattr(periodic.life, "expire", real)
    tasks.due()
    left = beat(network, DUE)
    assert left is not None
    assert left.succeeded_at is not None


def test_what_comes_every_few_seconds_notes_once_in_half_its_interval(network: Network, workshop: Workshop) -> None:
    said: list[str] = []
    event.listen(workshop.engine, "before_cursor_execute", lambda _c, _k, statement, *_o: said.append(statement))
    for _ in range(20):
        with beating(workshop.outside, RELAY):
            pass
    assert len(said) == 1
    with pytest.raises(ValueError, match="x"), beating(workshop.outside, RELAY):
        raise ValueError("x")
    with beating(workshop.outside, RELAY):
        pass
    assert len(said) == 3, "a failure, and the success after it, are noted whenever they come"
    left = beat(network, RELAY)
    assert left is not None
    assert left.failures == 0


def test_the_publisher_notes_its_own(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAN_PUBLISHER_URL", network.servers.urls["spean_publisher"])
    monkeypatch.delenv("SPEAN_WORKER_URL", raising=False)
    clock_right(network)
    assert CliRunner().invoke(publish).exit_code == 0
    left = beat(network, PUBLISH)
    assert left is not None
    assert left.succeeded_at is not None


def test_a_database_that_is_away_stops_no_work_and_is_one_line(
    network: Network, workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = Workshop(replace(workshop.settings, worker_url="postgresql://x:x@127.0.0.1:1/x"))
    done = []
    with caplog.at_level(logging.WARNING), beating(nowhere.outside, RELAY) as tally:
        done.append(tally)
    assert done == [Tally()]
    assert len(caplog.records) == 1
    assert "the heartbeat of spean.relay could not be noted" in caplog.text


def test_how_long_it_took_is_before_its_success(network: Network, workshop: Workshop) -> None:
    with workshop.outside() as session:
        took = {"task": RELAY.name, "took": timedelta(minutes=2)}
        session.execute(heartbeats._SUCCEEDED, took)
    left = beat(network, RELAY)
    assert left is not None
    assert left.succeeded_at is not None
    assert left.started_at == left.succeeded_at - timedelta(minutes=2)
