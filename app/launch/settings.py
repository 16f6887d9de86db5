"""The environment variables that Spean's processes read, and which process is given which.

An operator's own variables come first, so that PostgreSQL, Redis, mail or keys can live elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from app.launch.credentials import ROLES
from app.launch.environment import clean
from app.launch.places import ROOT, Places
from app.launch.trouble import Trouble

DATABASE = "spean"
ROLE_URLS = tuple(f"SPEAN_{role.upper()}_URL" for role in ROLES)
KEK_SOURCES = ("SPEAN_KEK", "SPEAN_KEK_FILE", "SPEAN_KEK_COMMAND")
OPERATORS_ONLY = ("SPEAN_MIGRATOR_URL", "SPEAN_KEEPER_URL", "SPEAN_BACKUP_URL")
_KEYS = ("SPEAN_WEB_URL", "SPEAN_PUBLIC_URL", "SPEAN_SECRET_KEY", *KEK_SOURCES)
_WORKER, _PUBLISHER, _REDIS = "SPEAN_WORKER_URL", "SPEAN_PUBLISHER_URL", "SPEAN_REDIS_URL"
NOT_FOR: Mapping[str, tuple[str, ...]] = {
    "web": (_WORKER, _PUBLISHER),
    "worker": (*_KEYS, _PUBLISHER),
    "mail-worker": (*_KEYS, _PUBLISHER),
    "beat": (*_KEYS, _WORKER, _PUBLISHER, "SPEAN_SMTP_URL"),
    "mail-sink": (*_KEYS, _WORKER, _PUBLISHER, _REDIS),
    "publisher": (*_KEYS, _WORKER, _REDIS, "SPEAN_SMTP_URL"),
}
"""Secrets that a process has no use for: what one of them is robbed of opens nothing of another's."""

LEAN = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""For glibc, in what runs all day: large blocks (a password's hash, a paper) go back to the system when they are freed.

Left alone, it keeps an arena for each thread and what it freed in them: web processes grew to two and a half times.
"""


def external_database(given: Mapping[str, str] = os.environ) -> bool:
    """Whether the operator brings PostgreSQL: an administrator's URL, or all roles' once made."""
    named = [name for name in ROLE_URLS if given.get(name)]
    if given.get("SPEAN_ADMIN_URL") or not named:
        return bool(given.get("SPEAN_ADMIN_URL"))
    missing = [name for name in ROLE_URLS if not given.get(name)]
    if missing:
        raise Trouble(f"{named[0]} is set, but {', '.join(missing)} is not: set all of them, or only SPEAN_ADMIN_URL.")
    return True


def role_url(admin_url: str, role: str, password: str) -> str:
    """The administrator's URL, turned into a role's: same server and options, Spean's database."""
    parts = urlsplit(admin_url)
    if parts.scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise Trouble("SPEAN_ADMIN_URL must begin with postgresql://")
    server = parts.netloc.rpartition("@")[2]
    netloc = f"spean_{role}:{quote(password, safe='')}@{server}"
    return urlunsplit(("postgresql", netloc, f"/{DATABASE}", parts.query, ""))


@dataclass(frozen=True)
class Settings:
    """What the processes of one running Spean share."""

    places: Places
    secrets: Mapping[str, str] = field(repr=False)
    admin_url: str | None = field(repr=False)
    redis_url: str = field(repr=False)
    smtp_url: str
    base_url: str

    def operator(self) -> dict[str, str]:
        """For an operator's commands and for migrations: every role's URL, but not the administrator's."""
        ours = {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "SPEAN_REDIS_URL": self.redis_url,
            "SPEAN_SECRET_KEY": self.secrets["SPEAN_SECRET_KEY"],
            "SPEAN_KEK": self.secrets["SPEAN_KEK"],
            "SPEAN_SMTP_URL": self.smtp_url,
            "SPEAN_MAIL_DIR": str(self.places.data / "mail"),
            "SPEAN_BASE_URL": self.base_url,
        }
        if self.admin_url:
            for role, name in zip(ROLES, ROLE_URLS, strict=True):
                ours[name] = role_url(self.admin_url, role, self.secrets[f"SPEAN_{role.upper()}_PASSWORD"])
        theirs = {name: value for name, value in clean(os.environ).items() if value or not name.startswith("SPEAN_")}
        if any(name in theirs for name in KEK_SOURCES):
            ours.pop("SPEAN_KEK")
        theirs.pop("SPEAN_ADMIN_URL", None)
        return {**ours, **theirs}

    def process(self, name: str) -> dict[str, str]:
        """For what runs all day: without operators' roles and without the other processes' secrets."""
        kept_from = {*OPERATORS_ONLY, *NOT_FOR[name]}
        return LEAN | {variable: value for variable, value in self.operator().items() if variable not in kept_from}

    def administrator(self) -> dict[str, str]:
        """For provisioning, and for nothing else."""
        return {**self.operator(), **({"SPEAN_ADMIN_URL": self.admin_url} if self.admin_url else {})}
