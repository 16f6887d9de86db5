"""The bench's databases, one for each size, kept between runs on servers of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.bench.filling import fill
from app.bench.network import Doors, Network, build
from app.bench.plan import SEED, SIZES
from app.core import clock, ids
from app.core.migrate import upgrade
from app.core.provision import LOGINS, provision
from app.core.settings import Settings, load

STALE = timedelta(days=60)
"""After so long the permissions of what is open lapse, and the data is made anew."""
CHEAP = {"SPEAN_ARGON2_MEMORY_KIB": "8", "SPEAN_ARGON2_ROUNDS": "1"}
"""The password's hash is dear by design; what is measured is the rest of signing in."""


@dataclass(frozen=True)
class Size:
    """One filled database, and how the processes reach it."""

    name: str
    environ: Mapping[str, str]
    admin_url: str
    network: Network

    @property
    def settings(self) -> Settings:
        return load(self.environ)

    @property
    def total(self) -> int:
        return SIZES[self.name]

    def doors(self) -> Doors:
        return Doors.of(self.settings, self.environ)


def ready(name: str, environ: Mapping[str, str], folder: Path, say: Callable[[str], object]) -> Size:
    """The database of this size: as an earlier run left it, or filled now."""
    admin_url = environ["SPEAN_ADMIN_URL"]
    database = f"spean_bench_{name}"
    env = {**environ, **CHEAP}
    env |= {f"{role.upper()}_URL": _at(environ[f"{role.upper()}_URL"], database) for role in LOGINS}
    place, note = _at(admin_url, database), folder / f"{name}.json"
    provision(admin_url, {role: env[f"{role.upper()}_URL"] for role in LOGINS})
    known = _known(note)
    if known is not None:
        upgrade(env["SPEAN_MIGRATOR_URL"])
        _tidy(place)
        say(f"{name}: {SIZES[name]:,} referrals are there from an earlier run")
        return Size(name, env, place, known)
    begun = time.monotonic()
    say(f"{name}: making {SIZES[name]:,} referrals")
    _make_anew(database, admin_url, env)
    doors = Doors.of(load(env), env)
    network, now = build(doors, ids.token(), say), clock.now()
    fill(doors, place, network, SIZES[name], now, lambda words: say(f"{name}: {words}"))
    doors.close()
    note.touch(mode=0o600)
    note.write_text(json.dumps({"seed": SEED, "made": now.isoformat(), "network": network.to_json()}))
    say(f"{name}: filled in {time.monotonic() - begun:.0f} s")
    return Size(name, env, place, network)


def _make_anew(database: str, admin_url: str, env: Mapping[str, str]) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
    provision(admin_url, {role: env[f"{role.upper()}_URL"] for role in LOGINS})
    upgrade(env["SPEAN_MIGRATOR_URL"])


def _tidy(admin_url: str) -> None:
    """What an earlier run changed is swept up, as it is by itself where nothing hurries."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("VACUUM (ANALYZE)")


def _known(note: Path) -> Network | None:
    """What an earlier run made, if it was finished, from this seed, and is still young."""
    try:
        body = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    young = clock.now() - datetime.fromisoformat(body["made"]) < STALE
    return Network.from_json(body["network"]) if young and body["seed"] == SEED else None


def _at(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{database}", parts.query, ""))
