"""A circuit breaker: while a server does not answer, one asks it again now and then, and nobody else waits for it."""

from __future__ import annotations

import threading
from time import monotonic


class Breaker:
    """What the threads of one process know of a server together.

    `wait_s`: how long asking it takes at most, which is whoever calls this to see to; `look_s`: the same for whoever
    looks whether it is back. `pause_s`: so long nobody asks after it did not answer. The breaker opens with the first
    failure: those who ask at the same moment wait beside each other, who comes after them does not. Seconds are the
    monotonic clock's.
    """

    def __init__(self, wait_s: float, *, pause_s: float, look_s: float | None = None) -> None:
        self._wait_s, self._look_s = wait_s, wait_s if look_s is None else look_s
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._open = False
        self._trying: int | None = None
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the server did not answer when it was last asked."""
        return self._open

    @property
    def patience_s(self) -> float:
        """How long to wait for an answer now."""
        return self._look_s if self._open else self._wait_s

    def allows(self) -> bool:
        """Whether this thread may ask. While the breaker is open, one thread at a time may, to see if it is back."""
        if not self._open:
            return True
        me, now = threading.get_ident(), monotonic()
        with self._lock:
            if now >= self._until:
                self._trying, self._until = me, now + self._look_s
            return self._trying == me or not self._open

    def failed(self) -> bool:
        """It did not answer. Returns whether that is news."""
        me, now = threading.get_ident(), monotonic()
        with self._lock:
            news, self._open = not self._open, True
            if self._trying in {None, me}:
                self._trying, self._until = None, now + self._pause_s
            return news

    def answered(self) -> bool:
        """It did. Returns whether that is news."""
        if not self._open:
            return False
        with self._lock:
            news, self._open, self._trying, self._until = self._open, False, None, 0.0
            return news
