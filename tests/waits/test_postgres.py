"""PostgreSQL that is frozen: whoever asks is told so within seconds, and served again as soon as it goes on."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer

import psycopg
import pytest

from app.http.session import WAIT_S
from app.launch.servers import embedded
from tests.cast import Cast, cast
from tests.network import Network, Servers
from tests.waits.web import Web, at_once, web_running

BOUND_S = WAIT_S + 1.5
SOON_S = 1.0


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """On servers of its own: nobody else's may be frozen."""
    with embedded(tmp_path_factory.mktemp("servers")) as (admin, redis):
        servers = Servers.prepare(admin, redis, "frozen")
        yield Network(servers)
        servers.clear()


@pytest.fixture(scope="module")
def web(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with web_running(network, tmp_path_factory.mktemp("web")) as running:
        yield running
        assert "Traceback" not in running.log.read_text()


@pytest.fixture(scope="module")
def team(network: Network) -> Cast:
    return cast(network)


@contextmanager
def frozen(network: Network) -> Iterator[Callable[[], None]]:
    """The server with every process of its own, so that it neither answers nor takes anybody in. Gives what ends it."""
    with psycopg.connect(network.servers.admin_url) as admin:
        parent = _parent(admin.info.backend_pid)
    processes = [parent, *_children(parent)]

    def thaw() -> None:
        _tell(processes, signal.SIGCONT)

    _tell(processes, signal.SIGSTOP)
    try:
        yield thaw
    finally:
        thaw()


def _tell(processes: list[int], number: signal.Signals) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):  # the one that this was asked of may have ended
            os.kill(pid, number)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def warm(web: Web, team: Cast) -> None:
    """Every process has its connections."""
    answers = at_once([lambda: web.page("/inbox", team.nurse)] * 12)
    assert {one.status for one in answers} == {200}


def test_it_is_said_within_seconds_in_both_languages_and_over_at_once(web: Web, network: Network, team: Cast) -> None:
    warm(web, team)
    ask = web.program(team.nurse)
    with frozen(network):
        english, khmer, program, signing_in = at_once([
            lambda: web.page("/inbox", team.nurse),
            lambda: web.page("/inbox", team.nurse, language="km"),
            lambda: ask("GET", "/referrals", Accept_Language="en"),
            lambda: web.sign_in(team.nurse.email),
        ])  # fmt: skip
        for one in (english, khmer, program, signing_in):
            assert one.status == 503
            assert one.seconds < BOUND_S
        assert "Spean cannot do this right now" in english.text
        assert "Spean cannot do this right now" not in khmer.text
        assert 'lang="km"' in khmer.text
        assert program.headers["Content-Type"] == "application/problem+json"
        assert json.loads(program.text)["status"] == 503
    for _ in range(3):
        answer = web.page("/inbox", team.nurse)
        assert answer.status == 200
        assert answer.seconds < SOON_S


def test_threads_are_left_for_whoever_comes(web: Web, network: Network, team: Cast) -> None:
    """Forty ask while nothing answers: only the first wait, and what needs no database is served."""
    warm(web, team)
    with frozen(network):
        began = time.monotonic()
        answers = at_once([lambda: web.page("/inbox", team.nurse)] * 40)
        assert {one.status for one in answers} == {503}
        assert time.monotonic() - began < WAIT_S + 4
        at_a_time = at_once([lambda: web.page("/inbox", team.nurse)] * 12)
        assert sorted(one.seconds for one in at_a_time)[9] < SOON_S  # but for one that looks, in each process
        assert web.page("/sign-in").seconds < SOON_S
        assert web.page("/sign-in").status == 200
    assert web.page("/inbox", team.nurse).status == 200


def test_a_server_that_freezes_for_a_moment_is_waited_for(web: Web, network: Network, team: Cast) -> None:
    warm(web, team)
    with frozen(network) as thaw:
        goes_on = Timer(1.5, thaw)
        goes_on.start()
        answer = web.page("/inbox", team.nurse)
        goes_on.join()
    assert answer.status == 200
    assert answer.seconds > 1
