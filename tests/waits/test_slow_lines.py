"""Connections that send half a request cost nobody else anything, and end by themselves."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.http import server
from tests.network import Network
from tests.waits.web import Web, web_running

HALF_A_HEAD = b"GET /sign-in HTTP/1.1\r\nHost: spean\r\nAccept-Lang"
HALF_A_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: spean\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 1000\r\n\r\nemail=some"
)
SECONDS = 15
SOON_S = 1.0
_LARGEST_BODY = 256 * 1024


@pytest.fixture(scope="module")
def web(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder: Path = tmp_path_factory.mktemp("web")
    with web_running(network, folder) as running:
        yield running
        assert "Traceback" not in running.log.read_text()


@contextmanager
def slow_lines(web: Web, count: int) -> Iterator[list[socket.socket]]:
    """By turns with half a header and with half a body."""
    with ExitStack() as stack:
        lines = []
        for number in range(count):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=30))
            line.sendall(HALF_A_BODY if number % 2 else HALF_A_HEAD)
            lines.append(line)
        yield lines


def worst(web: Web, seconds: float) -> float:
    """How long an honest visitor waited at most, who comes again and again."""
    until, longest = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        answer = web.page("/sign-in")
        assert answer.status == 200
        longest = max(longest, answer.seconds)
        time.sleep(0.05)
    return longest


@pytest.mark.slow
def test_two_hundred_of_them_leave_an_honest_visitor_an_answer_within_a_second(web: Web) -> None:
    with slow_lines(web, 200) as lines:
        assert worst(web, SECONDS) < SOON_S
        open_still = [line for line in lines if not select.select([line], [], [], 0)[0]]
        assert len(open_still) == len(lines)  # they were there all the time


def test_more_than_a_process_keeps_push_out_those_who_have_waited_longest(web: Web) -> None:
    with slow_lines(web, 2 * server.MOST_CONNECTIONS + 150):
        assert worst(web, 3) < SOON_S


@pytest.mark.slow
def test_one_that_falls_silent_is_ended(web: Web) -> None:
    with slow_lines(web, 4) as lines:
        began = time.monotonic()
        for line in lines:
            assert line.recv(1) == b""
        assert server.IDLE_S - 1 < time.monotonic() - began < server.IDLE_S + 5


def test_a_request_that_comes_in_pieces_is_answered_when_it_is_whole(web: Web) -> None:
    with slow_lines(web, 2) as (head, body):
        time.sleep(0.5)
        head.sendall(b"uage: en\r\n\r\n")
        body.sendall(b"x" * 990)
        assert head.recv(12) == b"HTTP/1.1 200"
        assert body.recv(12) == b"HTTP/1.1 400"  # no token


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: spean\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (b"POST /sign-in HTTP/1.1\r\nHost: spean\r\nContent-Length: %d\r\n\r\n" % (_LARGEST_BODY + 1), b"413"),
        (
            b"POST /sign-in HTTP/1.1\r\nHost: spean\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"10000\r\n" + b"a" * 0x10000 + b"\r\n" + (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * 4,
            b"413",
        ),
    ],
)  # fmt: skip
def test_what_is_too_large_or_no_request_is_refused_at_once(web: Web, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as line:
        line.sendall(sent)
        assert line.recv(12).split()[1] == status


def test_a_body_that_is_too_large_is_refused_in_our_own_words(web: Web) -> None:
    answer = web.ask("POST", "/sign-in", "a" * (_LARGEST_BODY + 1), Accept_Language="en")
    assert answer.status == 413
    assert "Send less at once, then try again." in answer.text


def test_nothing_says_which_server_answers(web: Web) -> None:
    assert "Server" not in web.page("/sign-in").headers


def test_what_is_being_answered_when_the_web_is_stopped_is_answered(network: Network, tmp_path: Path) -> None:
    with web_running(network, tmp_path) as web:
        begun = threading.Event()
        statuses: list[int] = []

        def visit() -> None:
            while not begun.is_set() or len(statuses) < 50:
                try:
                    statuses.append(web.page("/sign-in").status)
                except ConnectionError:
                    return  # it no longer listens
                begun.set()

        thread = threading.Thread(target=visit)
        thread.start()
        assert begun.wait(10)
        with slow_lines(web, 20):
            stopping = time.monotonic()
    assert time.monotonic() - stopping < 5
    thread.join(10)
    assert set(statuses) == {200}
