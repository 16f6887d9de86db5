"""The worker as it is started: every scheduled task leaves its heartbeat, one that fails and one that is killed too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import Popen

import pytest
from celery import Celery

from app.core.scheduled import BY_BEAT, RECORDS, Scheduled
from tests.network import Network
from tests.running import CELERY, WORKER, Broker, PostOffice, eventually, process
from tests.worker.test_heartbeats import beat
from worker.config import celery_settings
from worker.context import Workshop

pytestmark = pytest.mark.slow


@pytest.fixture
def sender(network: Network, broker: Broker) -> Celery:
    """Asks for tasks, as beat does."""
    made = Celery("spean", set_as_current=False)
    made.conf.update(celery_settings(replace(network.servers.settings, redis_url=broker.url)))
    return made


@contextmanager
def working(network: Network, broker: Broker, post: PostOffice, log: Path) -> Iterator[Popen[bytes]]:
    with network.servers.administrator() as staging:
        staging.execute("DELETE FROM sec.heartbeats")
    environ = {**network.servers.environ(), "SPEAN_REDIS_URL": broker.url, "SPEAN_SMTP_URL": post.url}
    with process([*CELERY, *WORKER], environ, log) as running:
        eventually(lambda: b"ready" in log.read_bytes())
        yield running


def succeeded(network: Network, task: Scheduled) -> bool:
    left = beat(network, task)
    return left is not None and left.succeeded_at is not None


def test_every_scheduled_task_leaves_its_heartbeat(
    network: Network, workshop: Workshop, broker: Broker, post: PostOffice, sender: Celery, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with working(network, broker, post, log):
        for task in BY_BEAT:
            sender.send_task(task.name)
        eventually(lambda: all(succeeded(network, task) for task in BY_BEAT), state=log.read_text)
    assert "Traceback" not in log.read_text()


def test_one_that_fails_and_one_that_is_killed(
    network: Network, workshop: Workshop, broker: Broker, post: PostOffice, sender: Celery, tmp_path: Path
) -> None:
    with working(network, broker, post, tmp_path / "worker.log") as running:
        with network.servers.administrator() as staging:
            staging.execute("REVOKE EXECUTE ON FUNCTION sec.refresh_records() FROM spean_worker")
        try:
            sender.send_task(RECORDS.name)
            eventually(lambda: (left := beat(network, RECORDS)) is not None and left.failures == 1)
        finally:
            with network.servers.administrator() as staging:
                staging.execute("GRANT EXECUTE ON FUNCTION sec.refresh_records() TO spean_worker")
        failed = beat(network, RECORDS)
        assert failed is not None
        assert failed.failure == "psycopg.errors.InsufficientPrivilege 42501"
        assert failed.succeeded_at is None
        with network.servers.administrator() as holding:
            holding.execute("LOCK TABLE app.programme_records IN ACCESS EXCLUSIVE MODE")
            sender.send_task(RECORDS.name)
            eventually(lambda: (left := beat(network, RECORDS)) is not None and left.started_at > failed.failed_at)  # type: ignore[operator]
            running.kill()
            running.wait()
    killed = beat(network, RECORDS)
    assert killed is not None
    assert (killed.failures, killed.succeeded_at) == (1, None)
    assert killed.started_at > killed.failed_at  # type: ignore[operator]
