"""While every mail hangs: bells, the sealing of the audit and due work go on. As the launcher starts its processes."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core import clock
from app.launch import services
from app.launch.environment import Environment
from app.launch.places import Places
from app.launch.settings import NOT_FOR, Settings
from tests.cast import Cast, cast
from tests.network import Network
from tests.running import Broker, eventually, process
from tests.worker.news import mails, told
from worker.context import Workshop

MANY = 8
SOON = 20
"""Seconds: beat looks every five and seals every ten; starting processes takes the rest on a busy machine."""


@contextmanager
def deaf_server() -> Iterator[tuple[str, list[socket.socket]]]:
    """A mail server that takes every connection and never says a word."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}", taken
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)
        for line in taken:
            line.close()


@contextmanager
def as_launched(network: Network, broker: Broker, smtp_url: str, folder: Path) -> Iterator[None]:
    """The worker, the mail worker and beat by the launcher's own commands, each with its own secrets."""
    places = Places(folder, folder, None)
    (folder / "beat").mkdir()
    settings = Settings(places, {}, None, broker.url, smtp_url, "https://spean.example.org")
    commands = services.commands(settings, Environment(Path(sys.prefix)), 0)
    everything = {
        **network.servers.environ(),
        "SPEAN_REDIS_URL": broker.url,
        "SPEAN_SMTP_URL": smtp_url,
        "SPEAN_BASE_URL": "https://spean.example.org",
    }
    with ExitStack() as stack:
        for name in ("worker", "mail-worker", "beat"):
            environ = {key: value for key, value in everything.items() if key not in NOT_FOR[name]}
            stack.enter_context(process([str(word) for word in commands[name]], environ, folder / f"{name}.log"))
        yield


def unsealed(workshop: Workshop) -> int:
    """How many entries of the audit wait for their seal."""
    with workshop.outside() as session:
        return int(session.execute(text("SELECT entries FROM sec.audit_lag()")).scalar_one())


def by_mail(team: Cast) -> None:
    with team.nurse.transaction() as (session, actor):
        query = text("UPDATE app.staff SET notify_email = true WHERE id = :id")
        session.execute(query, {"id": actor.staff_id})


@pytest.mark.slow
def test_nothing_but_mails_stands_behind_a_mail(
    network: Network, workshop: Workshop, broker: Broker, tmp_path: Path
) -> None:
    waiting = [cast(network) for _ in range(MANY)]
    sent = []
    for team in waiting:
        by_mail(team)
        sent.append(team.send())
    with deaf_server() as (url, taken), as_launched(network, broker, url, tmp_path):
        eventually(lambda: len(taken) >= 2, 60)  # both hands of the mail worker are full
        eventually(lambda: all(told(team.nurse) == ["sent"] for team in waiting), SOON)
        team = cast(network)
        by_mail(team)
        with clock.at(datetime.now(UTC) - timedelta(hours=3)):  # four hours are promised
            team.send()
        eventually(lambda: told(team.nurse)[:1] == ["sent"], SOON)
        eventually(lambda: unsealed(workshop) == 0, SOON)
        eventually(lambda: told(team.nurse) == ["sent", "half_time"], 60 + SOON)  # beat asks once a minute
        eventually(lambda: unsealed(workshop) == 0, SOON)
        with broker.client() as client:
            assert client.llen("spean") < 5, "what is no mail does not pile up"
    became = [mails(network, one)[0][0] for one in sent]
    assert set(became) <= {"queued", "parked"}, "every mail still waits"
