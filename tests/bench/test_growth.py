"""More machines: two web hosts and two workers that share nothing but PgBouncer, PostgreSQL and Redis."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from app.bench.asking import Ask, Wire
from app.bench.crew import Crew
from app.core import clock
from app.launch.services import GUNICORN
from tests.cast import Cast, cast
from tests.network import Network, Person
from tests.running import CELERY, WORKER, broker_running, eventually, free_port, process

pytestmark = [pytest.mark.servers, pytest.mark.slow]

SENT = 12


@dataclass
class Grown:
    """Two hosts and two workers, and what each worker says."""

    network: Network
    hosts: tuple[Wire, Wire]
    logs: tuple[Path, Path]


@pytest.fixture
def grown(bounced: Network, tmp_path: Path) -> Iterator[Grown]:
    with ExitStack() as stack:
        broker = stack.enter_context(broker_running())
        environ = {**bounced.servers.environ(), "SPEAN_REDIS_URL": broker.url, "SPEAN_SMTP_URL": "smtp://127.0.0.1:9"}
        hosts, logs = [], []
        for name in ("a", "b"):
            own = tmp_path / name  # each machine has a disk of its own
            own.mkdir()
            where = {**environ, "HOME": str(own), "TMPDIR": str(own), "SPEAN_MAIL_DIR": str(own)}
            port, log = free_port(), own / "worker.log"
            web = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", *GUNICORN]
            stack.enter_context(process(web, where, own / "web.log"))
            stack.enter_context(process([*CELERY, *WORKER, "--hostname", name], where, log))
            hosts.append(Wire(port))
            stack.callback(hosts[-1].close)
            logs.append(log)
        for wire in hosts:
            eventually(lambda wire=wire: answers(wire), 60)
        for log in logs:
            eventually(lambda log=log: "ready." in log.read_text(), 60, log.read_text)
        yield Grown(bounced, (hosts[0], hosts[1]), (logs[0], logs[1]))


def answers(wire: Wire) -> bool:
    try:
        return bool(wire.send(Ask("/sign-in"))[1])
    except OSError:
        return False


def program(person: Person) -> dict[str, str]:
    return {"Cookie": f"spean=s.{person.token}", "Authorization": f"Bearer {person.token}"}


def sent(wire: Wire, people: Cast) -> UUID:
    body = {"consent_id": str(people.consent()[0])}
    ask = Crew.api("/api/v1/referrals", program(people.outreach), body, HTTPStatus.CREATED)
    return UUID(_json(wire, ask)["id"])


def _json(wire: Wire, ask: Ask) -> dict[str, str]:
    answer: dict[str, str] = json.loads(wire.send(ask)[2])
    return answer


def told(network: Network, person: Person) -> int:
    """How many notices somebody has, as they see it themselves."""
    with psycopg.connect(network.servers.urls["spean_web"], prepare_threshold=None) as connection:
        connection.execute("SELECT * FROM sec.enter(%s)", (person.token,))
        row = connection.execute("SELECT count(*) FROM app.notifications").fetchone()
        return int(row[0]) if row else 0


def test_what_is_done_on_one_host_is_seen_on_the_other(grown: Grown) -> None:
    here, there = grown.hosts
    people = cast(grown.network)
    ids = [sent(one, people) for _ in range(SENT // 2) for one in grown.hosts]
    eventually(lambda: told(grown.network, people.nurse) == SENT)
    path, at = f"/api/v1/referrals/{ids[0]}", (clock.now() + timedelta(days=1)).isoformat()
    there.send(Crew.api(f"{path}/accept", program(people.nurse), {"at": at}))
    assert _json(here, Ask(path, program(people.outreach)))["state"] == "accepted"
    eventually(lambda: told(grown.network, people.outreach) == 1)
    assert told(grown.network, people.nurse) == SENT  # each was told once, whichever worker did it


def test_both_workers_take_their_share_and_either_is_enough(grown: Grown) -> None:
    people = cast(grown.network)
    for number in range(SENT):
        sent(grown.hosts[number % 2], people)
    eventually(lambda: told(grown.network, people.nurse) == SENT)
    assert all("spean.deliver" in log.read_text() for log in grown.logs)
