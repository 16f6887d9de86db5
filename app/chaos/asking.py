"""Requests over HTTP to the real web server, each kept in the history with its outcome."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.chaos.history import NO_ANSWER, History, Operation
from app.chaos.network import Member

ANSWER_S = 8.0
"""A program that waits longer gives up, and asks again under the same key."""
MOST_A_SECOND, _READS_A_SECOND = 20.0, 100.0
_API = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """What came back. `said`: the problem's sentence, or why no answer came."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""
    replayed: bool = False


class Pace:
    """Lets so many requests a second pass, whoever asks."""

    def __init__(self, rate: float) -> None:
        self._gap, self._next, self._lock = 1 / rate, 0.0, threading.Lock()

    def wait(self) -> None:
        """Until it is one's turn."""
        with self._lock:
            mine = self._next = max(self._next + self._gap, time.monotonic())
        time.sleep(max(0.0, mine - time.monotonic()))


@dataclass(frozen=True)
class Request:
    """What is asked, by whom, and how the history calls it."""

    story: int
    what: str
    member: Member
    path: str
    body: Mapping[str, Any] | None = None
    """None: a GET."""
    key: str = ""
    on: str = ""
    asked_version: int | None = None


class Web:
    """The web server as programs see it."""

    def __init__(self, port: int, history: History, begun: float, *, rate: float = MOST_A_SECOND) -> None:
        self._port, self._history, self._begun, self._pace = port, history, begun, Pace(rate)

    def faster(self) -> Web:
        """The same for reading at the end, when nothing is to be kept up any more."""
        return Web(self._port, self._history, self._begun, rate=_READS_A_SECOND)

    def ask(self, request: Request) -> tuple[Operation, Answer]:
        """Ask once, and keep what came of it."""
        self._pace.wait()
        begun = time.monotonic() - self._begun
        answer = send(self._port, request)
        operation = Operation(
            story=request.story, what=request.what, who=request.member.staff, status=answer.status, begun=begun,
            ended=time.monotonic() - self._begun, key=request.key, on=request.on, made=_made(answer.body),
            asked_version=request.asked_version, version=answer.body.get("version"), replayed=answer.replayed,
            packet=_packet(answer.body), said=answer.said,
        )  # fmt: skip
        self._history.add(operation)
        return operation, answer


def send(port: int, request: Request, *, within: float = ANSWER_S) -> Answer:
    """One request over a connection of its own; `within` seconds for each wait."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=within)
    headers = {"Authorization": f"Bearer {request.member.token}", "Accept-Language": "en"}
    if request.key:
        headers["Idempotency-Key"] = request.key
    if request.asked_version is not None:
        headers["If-Match"] = f'"{request.asked_version}"'
    content = None if request.body is None else json.dumps(request.body)
    if content is not None:
        headers["Content-Type"] = "application/json"
    try:
        line.request("GET" if content is None else "POST", _API + request.path, content, headers)
        got = line.getresponse()
        body = _parsed(got.read())
    except TimeoutError:
        return Answer(NO_ANSWER, said=f"no answer within {within:g} s")
    except ConnectionRefusedError:
        return Answer(NO_ANSWER, said="connection refused")
    except (OSError, http.client.HTTPException):
        return Answer(NO_ANSWER, said="connection lost")
    finally:
        line.close()
    said = "" if got.status < http.HTTPStatus.BAD_REQUEST else str(body.get("detail") or body.get("title") or "")
    return Answer(got.status, body, said, got.getheader("Idempotency-Replayed") == "true")


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _made(body: Mapping[str, Any]) -> str:
    items = body.get("items")
    one = items[0] if isinstance(items, list) and items else body
    return str(one.get("id") or "")


def _packet(body: Mapping[str, Any]) -> bool | None:
    """Whether anything of a packet stands in it; None for an answer that has no room for one."""
    packet = body.get("packet")
    return bool(packet["triage"] or packet["identity"]) if isinstance(packet, dict) else None
