"""A mark in Redis: the relay has been asked to look, and has not begun to. Of many nudges at once, one is enough.

Whoever finds the mark committed before the relay looks, and is seen by it. A mark whose nudge was lost fades away.
"""

from __future__ import annotations

from datetime import timedelta

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.core.settings import Shared

KEY = "spean:asked"
FADES = timedelta(seconds=1)
_PATIENCE_S = 1.0
_SET = ("SET", KEY, b"1", "NX", "PX", FADES // timedelta(milliseconds=1))


class Mark:
    """The mark, and the connections to reach it. Every method raises redis.RedisError when Redis is away."""

    def __init__(self, settings: Shared) -> None:
        self._redis = Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=_PATIENCE_S,
            socket_timeout=_PATIENCE_S,
            retry=Retry(NoBackoff(), 0),
        )

    def set(self) -> bool:
        """Whether it was not there: the one who set it sends the nudge."""
        pool = self._redis.connection_pool
        connection = pool.get_connection()
        try:  # as Redis.set would, without what it measures and tries again: it stands at the end of each step
            connection.send_command(*_SET)  # type: ignore[no-untyped-call]
            return connection.read_response() is not None  # type: ignore[no-untyped-call]
        except BaseException:
            connection.disconnect()  # type: ignore[no-untyped-call]
            raise
        finally:
            pool.release(connection)

    def clear(self) -> None:
        """The relay begins to look: whoever commits from now on nudges again."""
        self._redis.delete(KEY)
