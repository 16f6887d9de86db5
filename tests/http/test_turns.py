from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.test import create_environ, run_wsgi_app

from app.http.setup import init_http
from app.http.turns import Turns, init_turns

_LARGEST = 1000
_WAIT_S = 10


class _Slow(BytesIO):
    """A body that comes when its sender's line lets it through."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.comes = threading.Event()
        self.asked = threading.Event()

    def read(self, size: int | None = -1) -> bytes:
        self.asked.set()
        assert self.comes.wait(_WAIT_S)
        return super().read(size)


def _ask(app: Any, path: str = "/", **how: Any) -> str:
    body, status, _ = run_wsgi_app(app, create_environ(path, **how))
    return f"{status} {b''.join(body).decode()}"


def _beside(do: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    return thread


def _echo(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
    start("200 OK", [])
    return [environ["wsgi.input"].read()]


def test_one_request_is_worked_on_after_the_other() -> None:
    at_once, most = 0, 0

    def app(_environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.01)
        at_once -= 1
        start("200 OK", [])
        return [b"done"]

    turns = Turns(app, _LARGEST, patience_s=_WAIT_S)
    answers: list[str] = []
    for one in [_beside(lambda: answers.append(_ask(turns))) for _ in range(8)]:
        one.join(_WAIT_S)
    assert answers == ["200 OK done"] * 8
    assert most == 1


def test_what_is_stuck_holds_each_other_up_for_its_patience_and_no_longer() -> None:
    """And who went without a turn gives nobody else's back: the next one waits for it too."""
    stuck, go_on = threading.Event(), threading.Event()

    def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/stuck":
            stuck.set()
            assert go_on.wait(_WAIT_S)
        start("200 OK", [])
        return [b"done"]

    turns = Turns(app, _LARGEST, patience_s=0.05)
    first = _beside(lambda: _ask(turns, "/stuck"))
    assert stuck.wait(_WAIT_S)
    for _ in range(2):
        began = time.monotonic()
        assert _ask(turns) == "200 OK done"
        assert time.monotonic() - began >= 0.05
    assert first.is_alive()
    go_on.set()
    first.join(_WAIT_S)
    assert not first.is_alive()


def test_a_slow_line_takes_no_turn_before_its_request_has_come_whole() -> None:
    turns = Turns(_echo, _LARGEST, patience_s=_WAIT_S)
    body = _Slow(b"slowly typed")
    answers: list[str] = []
    slow = _beside(
        lambda: answers.append(_ask(turns, method="POST", input_stream=body, headers={"Content-Length": "12"}))
    )
    assert body.asked.wait(_WAIT_S)
    began = time.monotonic()
    assert _ask(turns, method="POST", data=b"at once") == "200 OK at once"
    assert time.monotonic() - began < _WAIT_S / 2
    body.comes.set()
    slow.join(_WAIT_S)
    assert answers == ["200 OK slowly typed"]


def test_a_turn_is_given_back_when_the_application_fails() -> None:
    def app(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/broken":
            raise ZeroDivisionError
        return _echo(environ, start)

    turns = Turns(app, _LARGEST, patience_s=_WAIT_S)
    with pytest.raises(ZeroDivisionError):
        _ask(turns, "/broken")
    began = time.monotonic()
    assert _ask(turns, method="POST", data=b"next") == "200 OK next"
    assert time.monotonic() - began < _WAIT_S / 2


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("length", "status"), [(0, "200 OK 0"), (1000, "200 OK 1000"), (1001, "413"), (5000, "413")])
def test_a_body_is_counted_and_refused_as_without_turns(length: int, status: str, *, chunked: bool) -> None:
    app = Flask("app.http", static_folder=None)
    app.config.update(TESTING=True, SECRET_KEY="only-for-tests", MAX_CONTENT_LENGTH=_LARGEST, WTF_CSRF_ENABLED=False)
    init_http(app)
    app.add_url_rule("/", "count", lambda: str(len(request.get_data())), methods=["POST"])
    body = BytesIO(b"x" * length)
    how: dict[str, Any] = {"method": "POST", "input_stream": body}
    if chunked:  # as gunicorn hands it on
        how |= {"environ_overrides": {"wsgi.input_terminated": True}}
    else:
        how |= {"headers": {"Content-Length": str(length)}}
    assert _ask(app, **how).startswith(status)
    body.seek(0)
    init_turns(app)
    assert _ask(app, **how).startswith(status)
    assert body.tell() <= _LARGEST + 1
