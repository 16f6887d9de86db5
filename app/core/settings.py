"""What the environment says, read once and checked; a bad setting stops the start with a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.core import kek
from app.core.errors import BadSetting

_UNIX = "unix://"


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What every process knows."""

    redis_url: str
    base_url: str = "http://127.0.0.1:8000"

    @property
    def broker_url(self) -> str:
        """The Redis URL as Celery spells it (unix sockets are redis+socket:// there)."""
        if not self.redis_url.startswith(_UNIX):
            return self.redis_url
        return "redis+socket://" + self.redis_url.removeprefix(_UNIX).replace("db=", "virtual_host=")

    @property
    def limits_url(self) -> str:
        """The Redis URL as Flask-Limiter spells it."""
        if not self.redis_url.startswith(_UNIX):
            return self.redis_url
        return "redis+unix://" + self.redis_url.removeprefix(_UNIX)


@dataclass(frozen=True, kw_only=True)
class Mailing(Shared):
    """What whoever sends mail knows: the worker, and the web when it tells that the worker has stopped."""

    smtp_url: str = "smtp://127.0.0.1:1025"
    mail_from: str = "Spean <spean@localhost>"


@dataclass(frozen=True, kw_only=True)
class WebSettings(Mailing):
    """The web's own: the only process that holds the key-encryption key (`kek`).

    `proxies`: how many reverse proxies stand in front and are believed about the visitor's address; 0 believes none.
    """

    web_url: str
    public_url: str
    secret_key: str
    kek: kek.KeyEncryption
    argon2_memory_kib: int = 19456
    argon2_rounds: int = 2
    secure_cookies: bool = False
    proxies: int = 0
    debug: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkerSettings(Mailing):
    """The worker's own: no key, no web password. A stolen worker reads references."""

    worker_url: str


@dataclass(frozen=True, kw_only=True)
class Settings(WebSettings, WorkerSettings):
    """All together, for operators' commands and tests."""

    publisher_url: str


def load_shared(environ: Mapping[str, str]) -> Shared:
    """What every process knows, from SPEAN_… variables. Raises BadSetting."""
    return Shared(**_shared(environ))


def load_web(environ: Mapping[str, str]) -> WebSettings:
    """The web's settings from SPEAN_… variables. Raises BadSetting."""
    return WebSettings(**_shared(environ), **_mailing(environ), **_web(environ))


def load_worker(environ: Mapping[str, str]) -> WorkerSettings:
    """The worker's settings from SPEAN_… variables. Raises BadSetting."""
    return WorkerSettings(**_shared(environ), **_mailing(environ), **_worker(environ))


def load(environ: Mapping[str, str]) -> Settings:
    """All settings from SPEAN_… variables. Raises BadSetting."""
    publisher_url = database_url(environ, "SPEAN_PUBLISHER_URL")
    return Settings(
        **_shared(environ), **_mailing(environ), **_web(environ), **_worker(environ), publisher_url=publisher_url
    )


def _shared(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "redis_url": _url(environ, "SPEAN_REDIS_URL", ("redis", "rediss", "unix")),
        "base_url": environ.get("SPEAN_BASE_URL", Shared.base_url).rstrip("/"),
    }


def _mailing(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "smtp_url": _url(environ, "SPEAN_SMTP_URL", ("smtp", "smtps"), Mailing.smtp_url),
        "mail_from": environ.get("SPEAN_MAIL_FROM", Mailing.mail_from),
    }


def _web(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "web_url": database_url(environ, "SPEAN_WEB_URL"),
        "public_url": database_url(environ, "SPEAN_PUBLIC_URL"),
        "secret_key": _long(environ, "SPEAN_SECRET_KEY"),
        "kek": kek.load(environ),
        "argon2_memory_kib": _number(environ, "SPEAN_ARGON2_MEMORY_KIB", WebSettings.argon2_memory_kib),
        "argon2_rounds": _number(environ, "SPEAN_ARGON2_ROUNDS", WebSettings.argon2_rounds),
        "secure_cookies": environ.get("SPEAN_BASE_URL", "").startswith("https://"),
        "proxies": _number(environ, "SPEAN_PROXIES", WebSettings.proxies, least=0),
        "debug": environ.get("SPEAN_DEBUG", "") == "1",
    }


def _worker(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        "worker_url": database_url(environ, "SPEAN_WORKER_URL"),
    }


def _wanted(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise BadSetting(f"{name} is not set.")
    return value


def database_url(environ: Mapping[str, str], name: str) -> str:
    """The postgresql:// URL in the variable `name`. Raises BadSetting. Operators' commands read theirs by it."""
    return _url({name: _wanted(environ, name)}, name, ("postgresql",))


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...], default: str = "") -> str:
    value = environ.get(name, "").strip() or default
    if not value:
        raise BadSetting(f"{name} is not set.")
    if urlsplit(value).scheme not in schemes:
        raise BadSetting(f"{name} must start with {' or '.join(s + '://' for s in schemes)}.")
    return value


def _long(environ: Mapping[str, str], name: str) -> str:
    value = _wanted(environ, name)
    if len(value) < 32:  # noqa: PLR2004
        raise BadSetting(f"{name} is too short: at least 32 characters are needed.")
    return value


def _number(environ: Mapping[str, str], name: str, default: int, least: int = 1) -> int:
    value = environ.get(name, str(default))
    if not value.isdecimal() or int(value) < least:
        raise BadSetting(f"{name} must be a whole number, {least} or more.")
    return int(value)
