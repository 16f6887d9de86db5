"""How often something may be tried, counted in Redis (in memory when Redis is away). Keys hold no personal data."""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.core.settings import WebSettings
from app.http.session import actor


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
    app.config["RATELIMIT_STORAGE_URI"] = settings.limits_url
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    app.config["RATELIMIT_HEADERS_ENABLED"] = False
    limiter.init_app(app)
