"""How often something may be tried, counted in Redis. Keys hold no personal data.

While Redis is away or does not answer, each web process counts in its own memory: limits stay closed to whoever tries
on and on, who gets at most one more allowance from each process. What Redis counted counts again when it is back.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import MemoryStorage, MovingWindowSupport, RedisStorage, Storage
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Away
from redis.exceptions import RedisError
from redis.retry import Retry

from app.core.breaker import Breaker
from app.core.settings import WebSettings
from app.http.session import actor

log = logging.getLogger(__name__)

WAIT_S, PAUSE_S = 0.3, 2.0
"""Redis answers in a thousandth of a second. Somebody waits for it at most once in `PAUSE_S`."""
_PREFIX = "spean+"


class Counts(Storage, MovingWindowSupport):
    """Redis, and this process's memory as long as Redis does not answer."""

    STORAGE_SCHEME = [  # noqa: RUF012 - as its base has it
        f"{_PREFIX}{scheme}" for scheme in ("redis", "rediss", "redis+unix")
    ]

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri, **options)
        self._redis = RedisStorage(
            uri.removeprefix(_PREFIX),
            socket_connect_timeout=WAIT_S,
            socket_timeout=WAIT_S,
            # a connection that Redis closed meanwhile is made anew at once; nothing is asked twice that took its time
            retry=Retry(NoBackoff(), 1, supported_errors=(Away,)),  # type: ignore[arg-type]
            **options,
        )
        self._memory = MemoryStorage()
        self._breaker = Breaker(WAIT_S, pause_s=PAUSE_S)

    @property
    def base_exceptions(self) -> type[Exception]:
        """What is raised when neither counts; memory always does."""
        return RedisError

    def _by(self, ask: Callable[[Any], Any]) -> Any:
        if self._breaker.allows():
            try:
                found = ask(self._redis)
            except RedisError:
                if self._breaker.failed():
                    log.warning("Redis does not answer: tries are counted in this process's memory")
            else:
                if self._breaker.answered():
                    log.info("Redis answers again: tries are counted there")
                return found
        return ask(self._memory)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count one try, if `limit` in `expiry` seconds leaves room for it."""
        return bool(self._by(lambda storage: storage.acquire_entry(key, limit, expiry, amount)))

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the window began, and how many tries it holds."""
        found: tuple[float, int] = self._by(lambda storage: storage.get_moving_window(key, limit, expiry))
        return found

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count without a window."""
        return int(self._by(lambda storage: storage.incr(key, expiry, amount)))

    def get(self, key: str) -> int:
        """What was counted without a window."""
        return int(self._by(lambda storage: storage.get(key)))

    def get_expiry(self, key: str) -> float:
        """When that ends."""
        return float(self._by(lambda storage: storage.get_expiry(key)))

    def check(self) -> bool:
        """Memory always counts."""
        return True

    def reset(self) -> int | None:
        """Forget everything, here and in Redis."""
        self._memory.reset()
        found: int | None = self._by(lambda storage: storage.reset())
        return found

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._memory.clear(key)
        self._by(lambda storage: storage.clear(key))


def by_address() -> str:
    """One count for each address."""
    return _hidden("address", get_remote_address())


limiter = Limiter(key_func=by_address, strategy="moving-window")


def by_person() -> str:
    """One count for each signed-in person."""
    return f"staff {actor().staff_id}"


def by_sign_in_name() -> str:
    """One count for each sign-in name tried."""
    return _hidden("login", request.form.get("email", "").strip().lower())


def _hidden(kind: str, value: str) -> str:
    """A name that whoever reads Redis cannot find out by trying: neither who signs in nor from where."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return f"{kind} {hmac.new(key, f'limit {kind} {value}'.encode(errors='replace'), hashlib.sha256).hexdigest()[:24]}"


def init_limits(app: Flask, settings: WebSettings) -> None:
    """Count in the Redis of `settings`."""
    app.config["RATELIMIT_STORAGE_URI"] = _PREFIX + settings.limits_url
    app.config["RATELIMIT_HEADERS_ENABLED"] = False
    limiter.init_app(app)
