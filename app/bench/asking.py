"""Requests, and the lightest client there is: what is measured is the server, not who asks it."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_SECONDS = 30


@dataclass(frozen=True)
class Ask:
    """One request, with everything that says who asks."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    kind: str = "application/json"
    status: HTTPStatus = HTTPStatus.OK

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    def raw(self) -> bytes:
        """As it goes over the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body is not None:
            lines += [f"Content-Type: {self.kind}", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + (self.body or b"")


def form(path: str, headers: Mapping[str, str], status: HTTPStatus = HTTPStatus.OK, **values: str) -> Ask:
    """What a browser posts."""
    return Ask(path, headers, urlencode(values).encode(), "application/x-www-form-urlencoded", status)


class Wire:
    """A connection that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._line: socket.socket | None = None

    def send(self, ask: Ask) -> tuple[float, bytes, bytes]:
        """Ask, and give back the seconds until the whole answer was there, its head and its body.

        Raises RuntimeError for another status than the expected one: a refusal is no measurement.
        """
        raw = ask.raw()
        begun = time.perf_counter()
        head, body = self._answer(raw)
        took = time.perf_counter() - begun
        status = int(head[9:12])
        if status != ask.status:
            raise RuntimeError(f"{ask.method} {ask.path.partition('?')[0]} answered {status}: {body[:300]!r}")
        return took, head, body

    def _answer(self, raw: bytes) -> tuple[bytes, bytes]:
        for again in (True, False):
            line = self._line or self._connect()
            try:
                line.sendall(raw)
                return self._read(line)
            except ConnectionError:
                self.close()
                if not again:
                    raise
        raise AssertionError

    def _connect(self) -> socket.socket:
        self._line = socket.create_connection(("127.0.0.1", self._port), timeout=_SECONDS)
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._line

    def _read(self, line: socket.socket) -> tuple[bytes, bytes]:
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._some(line)
        head = got[:end]
        length = _LENGTH.search(head)
        if length is None:
            raise RuntimeError("an answer without its length")
        whole = end + 4 + int(length[1])
        while len(got) < whole:
            got += self._some(line)
        if _CLOSES.search(head):
            self.close()
        return head, got[end + 4 : whole]

    @staticmethod
    def _some(line: socket.socket) -> bytes:
        piece = line.recv(262144)
        if not piece:
            raise ConnectionResetError
        return piece

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
