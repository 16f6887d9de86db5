"""A mark in Redis: the relay has been asked to look, and has not begun to. Of many nudges at once, one is enough.

Whoever finds the mark committed before the relay looks, and is seen by it. A mark whose nudge was lost fades away.
"""

from __future__ import annotations

from datetime import timedelta
from threading import Lock

from redis import Connection, ConnectionError, Redis, TimeoutError  # noqa: A004 - redis's own
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.core.settings import Shared

KEY = "spean:asked"
FADES = timedelta(seconds=1)
WAIT_S = 0.3
"""Longer than Redis ever takes. Nobody stands in line for it: see `worker.nudge`."""
_SET = ("SET", KEY, b"1", "NX", "PX", FADES // timedelta(milliseconds=1))


class Mark:
    """The mark, and the connections to reach it. Every method raises redis.RedisError when Redis is away."""

    def __init__(self, settings: Shared) -> None:
        self._redis = Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=WAIT_S,
            socket_timeout=WAIT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._line: Connection | None = None
        self._lock = Lock()

    def set(self) -> bool:
        """Whether it was not there: the one who set it sends the nudge.

        It stands at the end of each step: one connection of the process is kept for it, instead of asking the pool for
        one each time.
        """
        if not self._lock.acquire(timeout=WAIT_S):
            raise TimeoutError  # who has it waits in vain: nobody stands in line for that
        try:
            line = self._line = self._line or self._redis.connection_pool.get_connection()
            try:
                return self._asked(line)
            except ConnectionError:  # Redis was started anew since
                return self._asked(line)
        finally:
            self._lock.release()

    @staticmethod
    def _asked(line: Connection) -> bool:
        try:
            line.send_command(*_SET)  # type: ignore[no-untyped-call]
            return line.read_response() is not None  # type: ignore[no-untyped-call]
        except BaseException:
            line.disconnect()  # type: ignore[no-untyped-call]
            raise

    def clear(self) -> None:
        """The relay begins to look: whoever commits from now on nudges again."""
        self._redis.delete(KEY)
