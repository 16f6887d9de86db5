"""The web as `./spean run` starts it, and programs and people that ask it over real connections."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.launch.services import GUNICORN
from orgs.staff.own_access import make_token
from tests.network import PASSWORD, Network, Person
from tests.running import eventually, free_port, process

PATIENCE_S = 30
"""Longer than any answer may take: whoever waits so long fails the test by the clock, not by an error."""


@dataclass(frozen=True)
class Answer:
    """What came, and after how many seconds."""

    status: int
    text: str
    seconds: float
    headers: dict[str, str]


@dataclass(frozen=True)
class Web:
    """A running web server."""

    port: int
    log: Path

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """Over a connection of its own. A header's name is written with `_` for `-`."""
        began = time.monotonic()
        line = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
            return Answer(answer.status, text, time.monotonic() - began, dict(answer.getheaders()))
        finally:
            line.close()

    def page(self, path: str, person: Person | None = None, language: str = "en") -> Answer:
        """What a person's browser shows."""
        cookie = {"Cookie": f"{'o' if person.official else 's'}.{person.token}".join(("spean=", ""))} if person else {}
        return self.ask("GET", path, Accept_Language=language, **cookie)

    def sign_in(self, email: str, password: str = PASSWORD) -> Answer:
        """By the form. Only the second request is timed."""
        form = self.page("/sign-in")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', form.text)
        assert token, form.text
        sent = urlencode({"csrf_token": token[1], "email": email, "password": password, "next": "/"})
        cookie = form.headers["Set-Cookie"].partition(";")[0]
        kind = "application/x-www-form-urlencoded"
        return self.ask("POST", "/sign-in", sent, Cookie=cookie, Content_Type=kind, Accept_Language="en")

    def program(self, person: Person) -> Callable[..., Answer]:
        """A program with a token of this person: `ask(method, path, json)`."""
        with person.transaction() as (session, actor):
            token = make_token(session, actor, label="a program", days=1)

        def ask(method: str, path: str, body: str | None = None, **headers: str) -> Answer:
            return self.ask(
                method,
                f"/api/v1{path}",
                body,
                Authorization=f"Bearer {token}",
                Content_Type="application/json",
                **headers,
            )

        return ask


@contextmanager
def web_running(network: Network, folder: Path, **environ: str) -> Iterator[Web]:
    """The launcher's own command line, on the servers of `network` but for what `environ` says."""
    web = Web(free_port(), folder / "web.log")
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{web.port}", *GUNICORN]
    with process(command, {**network.servers.environ(), **environ}, web.log) as running:

        def answers() -> bool:
            assert running.poll() is None, web.log.read_text()
            with suppress(OSError):
                return web.page("/sign-in").status == 200
            return False

        eventually(answers, 60, web.log.read_text)
        yield web


def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each gives, all begun together."""
    with ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result() for future in [pool.submit(deed) for deed in deeds]]
