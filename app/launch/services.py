"""Spean's own processes: web server, worker, scheduler and, without an SMTP server, the mail sink."""

from __future__ import annotations

import http
import http.client
import os
import time
from collections.abc import Sequence
from pathlib import Path

from app.launch.accounts import Account
from app.launch.environment import Environment
from app.launch.places import ROOT, Places
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
CELERY = ("-m", "celery", "-A", "worker.app")
WORKER = ("--concurrency", "2", "--loglevel", "warning", "--without-mingle", "--without-gossip")
BEAT = ("--loglevel", "warning", "--pidfile=")  # its pid file would lie in the source folder


def commands(settings: Settings, environment: Environment, port: int) -> dict[str, list[str | Path]]:
    """What is run, by name. The web listens on the loopback interface alone."""
    python = environment.python
    found: dict[str, list[str | Path]] = {
        "web": [python, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", *GUNICORN],
        "worker": [python, *CELERY, "worker", *WORKER],
        "beat": [python, *CELERY, "beat", *BEAT, "--schedule", settings.places.data / "beat" / "schedule"],
    }
    if not os.environ.get("SPEAN_SMTP_URL"):
        found["mail-sink"] = [python, "-m", "app.cli", "mail-sink"]
    return found


class Services:
    """Spean's own processes, the web first: it is what people wait for."""

    def __init__(self, settings: Settings, environment: Environment, port: int) -> None:
        self._settings = settings
        self._port = port
        self._commands = commands(settings, environment, port)
        self._account = lesser_account(settings.places, environment)
        self.children: list[Child] = []

    def start_web(self) -> None:
        """Start the web server and wait until it answers."""
        self._start("web")
        deadline = time.monotonic() + WEB_SECONDS
        while not _answers(self._port):
            check(self.children)
            if time.monotonic() > deadline:
                log = self.children[0].log
                raise Trouble(f"The web server did not answer within {WEB_SECONDS} seconds. Its log is {log}.")
            pause(0.1)
        say("The web server answers")

    def start_others(self) -> None:
        """Start the rest. They need some seconds more, and nobody waits for them."""
        for name in self._commands:
            if name != "web":
                self._start(name)
        say("The worker and the scheduler start")

    def stop(self) -> None:
        stop(self.children, within=STOP_SECONDS)

    def _start(self, name: str) -> None:
        """Start one, with the secrets that it needs and no others."""
        env, log = self._settings.process(name), self._settings.places.log(name)
        self.children.append(spawn(name, self._commands[name], env=env, log=log, cwd=ROOT, account=self._account))


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


def check(children: Sequence[Child]) -> None:
    """Raise Trouble when one has ended by itself."""
    for child in children:
        if not child.alive():
            raise child.died()
