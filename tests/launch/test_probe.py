"""Asking the web whether it answers: real sockets, no waiting."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from app.launch.probe import ASK, Probe

EVERY = 0.2


def until(what: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        begun = time.monotonic()
        if what():
            return True
        assert time.monotonic() - begun < 0.1, "a look waited"
        time.sleep(0.01)
    return False


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.0 503 Away\r\n\r\n"]
)
def test_any_answer_is_one(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as web, closing(Probe(web.getsockname()[1], every=EVERY)) as probe:
        probe.misses = 2
        probe.look(time.monotonic())
        line, _ = web.accept()
        with line:
            assert not until(lambda: probe.look(time.monotonic()), 0.1)
            assert line.recv(1000) == ASK
            line.sendall(answer)
            assert until(lambda: probe.look(time.monotonic()))
    assert probe.misses == 0


def test_silence_is_counted() -> None:
    """The kernel takes the connection, the program never does: so it looks when a web hangs."""
    with socket.create_server(("127.0.0.1", 0)) as web, closing(Probe(web.getsockname()[1], every=EVERY)) as probe:
        begun = time.monotonic()
        assert until(lambda: not probe.look(time.monotonic()) and probe.misses == 3)
        assert time.monotonic() - begun > 3 * EVERY


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-x\r\n"])
def test_a_line_that_is_cut_or_says_something_else_is_no_answer(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as web, closing(Probe(web.getsockname()[1], every=EVERY)) as probe:
        probe.look(time.monotonic())
        line, _ = web.accept()
        line.sendall(said)
        line.close()
        assert until(lambda: not probe.look(time.monotonic()) and probe.misses == 1)


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listening
        with closing(Probe(taken.getsockname()[1], every=EVERY)) as probe:
            assert until(lambda: not probe.look(time.monotonic()) and probe.misses == 2)
            probe.forget()
            assert probe.misses == 0


def test_it_asks_as_often_as_it_should_and_sooner_when_it_must() -> None:
    with socket.create_server(("127.0.0.1", 0)) as web, closing(Probe(web.getsockname()[1], every=30)) as probe:
        assert _asked(web, probe, 100.0)
        probe.close()
        assert not _asked(web, probe, 129.0)
        assert _asked(web, probe, 130.0)
        probe.close()
        assert not _asked(web, probe, 130.5, soon=True)
        assert _asked(web, probe, 131.0, soon=True)


def _asked(web: socket.socket, probe: Probe, now: float, *, soon: bool = False) -> bool:
    probe.look(now, soon=soon)
    web.settimeout(0.1)
    try:
        web.accept()[0].close()
    except TimeoutError:
        return False
    return True
