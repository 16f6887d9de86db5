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
        return bool(self._redis.set(KEY, b"1", nx=True, px=FADES))

    def clear(self) -> None:
        """The relay begins to look: whoever commits from now on nudges again."""
        self._redis.delete(KEY)
