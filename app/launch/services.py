"""Spean's own processes: web server, workers, scheduler, the publisher, and without an SMTP server the mail sink."""

from __future__ import annotations

import http
import http.client
import os
import time
from collections.abc import Sequence
from pathlib import Path

from app.launch.accounts import Account
from app.launch.environment import Environment
from app.launch.keeping import Part
from app.launch.places import ROOT, Places
from app.launch.probe import Probe
from app.launch.processes import Child, pause, spawn, stop
from app.launch.progress import say
from app.launch.settings import Settings
from app.launch.trouble import Trouble

ROOTS_OWN = ("SPEAN_KEK_FILE", "SPEAN_KEK_COMMAND")
WEB_SECONDS = 60
STOP_SECONDS = 4.0

GUNICORN = (
    *("--worker-class", "app.http.server.LoopWorker", "--workers", "2", "--threads", "8"),
    *("--graceful-timeout", "3", "--log-level", "warning"),
    "--no-control-socket",  # it would lie in the home folder
    "--preload",  # the code is read once and shared by the workers; nothing connects before they part
)
CELERY = ("-m", "celery", "-A")
QUIET = ("--loglevel", "warning")
WORKER = (*QUIET, "--without-mingle", "--without-gossip")
EVERYTHING_ELSE = ("--concurrency", "2", "--queues", "spean", "--hostname", "worker@%h")
MAILS = ("--pool", "threads", "--concurrency", "2", "--queues", "spean.mail", "--hostname", "mail-worker@%h")
"""A mail is waiting for somebody else's server: two threads of one process wait as well as two processes do, and take
half the memory. Threads have no time limits; the channel has (`worker/channels/email.py`)."""
BEAT = (*QUIET, "--pidfile=")  # its pid file would lie in the source folder


def commands(settings: Settings, environment: Environment, port: int) -> dict[str, list[str | Path]]:
    """What is run all day, by name. The web listens on the loopback interface alone."""
    python = environment.python
    found: dict[str, list[str | Path]] = {
        "web": [python, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", *GUNICORN],
        "worker": [python, *CELERY, "worker.app", "worker", *WORKER, *EVERYTHING_ELSE],
        "mail-worker": [python, *CELERY, "worker.app", "worker", *WORKER, *MAILS],
        "beat": [
            python,
            *CELERY,
            "worker.beat",
            "beat",
            *BEAT,
            "--schedule",
            settings.places.data / "beat" / "schedule",
        ],
    }
    if not os.environ.get("SPEAN_SMTP_URL"):
        found["mail-sink"] = [python, "-m", "app.cli.sink"]
    return found


class Services:
    """Spean's own processes, the web first: it is what people wait for."""

    def __init__(self, settings: Settings, environment: Environment, port: int, *, probe_every: float) -> None:
        self._settings = settings
        self._port = port
        self._commands = commands(settings, environment, port)
        self._publish: list[str | Path] = [environment.python, "-m", "app.cli", "publish"]
        self._account = lesser_account(settings.places, environment)
        self._probe = Probe(port, every=probe_every)
        self.parts: list[Part] = []

    @property
    def children(self) -> list[Child]:
        return [part.child for part in self.parts]

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        web = self._start("web", probe=self._probe)
        deadline = time.monotonic() + WEB_SECONDS
        while not _answers(self._port):
            if not web.child.alive():
                raise web.child.died()
            if time.monotonic() > deadline:
                raise Trouble(
                    f"The web server did not answer within {WEB_SECONDS} seconds. Its log is {web.child.log}."
                )
            pause(0.1)
        say("The web server answers")

    def start_others(self) -> None:
        """Start the rest. They need some seconds more, and nobody waits for them."""
        for name in self._commands:
            if name != "web":
                self._start(name)
        say("The workers and the scheduler start")

    def stop(self, also: Sequence[Child] = ()) -> None:
        """Stop all together, and whatever else (`also`) was started for a while."""
        self._probe.close()
        stop([*self.children, *also], within=STOP_SECONDS)

    def spawn_publisher(self) -> Child:
        """Start the publisher, which ends by itself."""
        return self._spawn("publisher", self._publish)

    def _start(self, name: str, probe: Probe | None = None) -> Part:
        def start() -> Child:
            return self._spawn(name, self._commands[name])

        part = Part(start(), start, probe=probe, since=time.monotonic())
        self.parts.append(part)
        return part

    def _spawn(self, name: str, command: Sequence[str | Path]) -> Child:
        """Start one, with the secrets that it needs and no others."""
        env, log = self._settings.process(name), self._settings.places.log(name)
        return spawn(name, command, env=env, log=log, cwd=ROOT, account=self._account)


def lesser_account(places: Places, environment: Environment) -> Account | None:
    """Give the account for our processes when root starts them: the servers' own, where it can read what they need."""
    account = places.account
    if account is None or any(os.environ.get(name) for name in ROOTS_OWN):  # often root's alone
        return None
    reachable = account.reaches(environment.python) and account.reaches(places.data)
    if not (reachable and account.reaches(ROOT / "wsgi.py", how="-r")):
        return None
    for room in ("mail", "beat"):
        for path in (places.data / room, *(places.data / room).iterdir()):
            account.own(path)
    return account


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/")
        return line.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
