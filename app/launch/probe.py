"""Whether the web still answers, asked on the loopback interface without waiting for the answer.

The launcher has one thread, and looks after everything else meanwhile: a question is sent, and looked at later.
"""

from __future__ import annotations

import select
import socket
from contextlib import suppress

ASK = b"GET /up HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
EVERY = 30.0
PATIENCE = 10.0
"""Seconds until a question counts as unanswered."""


class Probe:
    """One question after another. Any answer will do, an error too: a web without its database is alive."""

    def __init__(self, port: int, *, every: float = EVERY) -> None:
        self._port, self._every = port, every
        self._line: socket.socket | None = None
        self._sent = False
        self._asked_at = float("-inf")
        self.misses = 0
        """Questions in a row without an answer."""

    def look(self, now: float, *, soon: bool = False) -> bool:
        """Ask when it is time, or read the answer; returns whether one came just now. `soon`: do not wait for it."""
        if self._line is None:
            if now - self._asked_at >= (min(self._every, 1.0) if soon else self._every):
                self._ask(now)
            return False
        said = self._read(self._line)
        if said is None and now - self._asked_at < min(PATIENCE, self._every):
            return False
        self.close()
        self.misses = 0 if said else self.misses + 1
        return bool(said)

    def forget(self) -> None:
        """The web was started anew."""
        self.close()
        self.misses = 0

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
        self._line, self._sent = None, False

    def _ask(self, now: float) -> None:
        self._asked_at = now
        self._line = socket.socket()
        self._line.setblocking(False)
        self._line.connect_ex(("127.0.0.1", self._port))

    def _read(self, line: socket.socket) -> bool | None:
        """True: an answer. False: there will be none. None: not yet."""
        try:
            if not self._sent and select.select([], [line], [], 0)[1]:
                line.sendall(ASK)
                self._sent = True
            if self._sent:
                with suppress(BlockingIOError):
                    return line.recv(16).startswith(b"HTTP/1.")
        except OSError:
            return False
        return None
