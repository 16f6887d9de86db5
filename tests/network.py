"""The cast: invented people in fresh organisations, signed in for real under the restricted roles."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.core import clock, db, ids, rehearsal, settings
from app.core.context import Actor
from app.core.kek import HeldKeys
from app.core.migrate import upgrade
from app.core.passwords import Cost
from app.core.provision import LOGINS, provision
from orgs.areas.use_cases import import_areas
from orgs.staff import signing_in, use_cases

CHEAP = Cost(memory_kib=8, rounds=1)
PASSWORD = "bridge over water"
KEK = HeldKeys({1: bytes(range(32))})
AREAS = {
    "province": {"code": "12", "km": "ភ្នំពេញ", "latin": "Phnom Penh"},
    "khans": [
        {
            "code": "1201", "km": "ចំការមន", "latin": "Chamkar Mon",
            "sangkats": [{"code": "120112", "km": "ផ្សារដើមថ្កូវ", "latin": "Phsar Daeum Thkov"}],
        },
        {
            "code": "1208", "km": "សែនសុខ", "latin": "Sen Sok",
            "sangkats": [{"code": "120802", "km": "ទឹកថ្លា", "latin": "Tuek Thla"}],
        },
        {
            "code": "1212", "km": "ច្បារអំពៅ", "latin": "Chbar Ampov",
            "sangkats": [{"code": "121201", "km": "ច្បារអំពៅទី ១", "latin": "Chbar Ampov Ti Muoy"}],
        },
    ],
}  # fmt: skip


def _steps() -> str:
    """What the migrations say now, as a short name: a server may have seen them as they were."""
    house = Path(__file__).parents[1]
    files = [*sorted((house / "migrations").rglob("*.py")), house / "app" / "core" / "walls.py"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@dataclass(frozen=True)
class Servers:
    """Where the run's database and broker are, each role with its own URL."""

    admin_url: str
    redis_url: str
    urls: dict[str, str]
    kek: HeldKeys = KEK
    secret: str = ""
    """With which a test may write what is past (`app.core.rehearsal`)."""

    @classmethod
    def prepare(cls, admin_url: str, redis_url: str, label: str) -> Servers:
        """A new database with all tables and nobody in it, for this worker of the run."""
        made = cls.migrated(admin_url, redis_url, label)
        migrator = db.engine(made.urls["spean_migrator"], size=1)
        with Session(migrator) as session, db.transaction(session):
            secret = rehearsal.begin(session)
        migrator.dispose()
        return replace(made, secret=secret)

    @classmethod
    def migrated(cls, admin_url: str, redis_url: str, label: str) -> Servers:
        """The same without leave to write what is past. Migrations run once for the server, and are copied then."""
        made, first = (
            cls._named(admin_url, redis_url, label),
            cls._named(admin_url, redis_url, _steps(), run="migrated"),
        )
        with made.roles_held() as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [first.database]).fetchone():
                provision(admin_url, first.urls)
                upgrade(first.urls["spean_migrator"])
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER spean_owner")
            with psycopg.connect(admin_url, autocommit=True) as maker:
                maker.execute(copy.format(sql.Identifier(made.database), sql.Identifier(first.database)))
            provision(admin_url, made.urls)  # what a database is granted is not copied
        return made

    @classmethod
    def provisioned(cls, admin_url: str, redis_url: str, label: str) -> Servers:
        """A new database with its roles and nothing in it."""
        made = cls._named(admin_url, redis_url, label)
        with made.roles_held():
            provision(admin_url, made.urls)
        return made

    @classmethod
    def _named(cls, admin_url: str, redis_url: str, label: str, run: str | int | None = None) -> Servers:
        name = f"spean_test_{run or os.getpid()}_{label}"
        info = conninfo_to_dict(admin_url)
        urls = {}
        for role in LOGINS:
            query = f"?host={info['host']}" if str(info["host"]).startswith("/") else ""
            place = "" if query else f"{info['host']}:{info.get('port', 5432)}"
            urls[role] = f"postgresql://{role}:test-{role}@{place}/{name}{query}"
            if query and "port" in info:
                urls[role] += f"&port={info['port']}"
        return cls(admin_url=admin_url, redis_url=redis_url, urls=urls)

    @contextmanager
    def roles_held(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """Nobody else changes the roles meanwhile: they are shared by parallel workers."""
        with psycopg.connect(self.admin_url) as admin:
            admin.execute("SELECT pg_advisory_xact_lock(7)")
            yield admin

    @contextmanager
    def administrator(self) -> Iterator[psycopg.Connection[TupleRow]]:
        """The administrator in the run's database: to look at the catalogue, and to bring about what takes time."""
        with psycopg.connect(self.admin_url, dbname=self.database) as admin:
            yield admin

    @property
    def database(self) -> str:
        """The name of the run's database."""
        return str(conninfo_to_dict(self.urls["spean_web"])["dbname"])

    def rehearse(self, session: Session) -> None:
        """Let this transaction of `session` write what is past, when the clock is set."""
        if abs(clock.now() - datetime.now(UTC)) > timedelta(seconds=30):
            session.execute(text(f"SELECT set_config('{rehearsal.SETTING}', :secret, true)"), {"secret": self.secret})

    def opened(self, engines: Iterable[Engine]) -> None:
        """Take note of an app's engines, and close what earlier apps left open: connections are few."""
        for engine in self.sites:
            engine.dispose()
        self.sites.extend(engines)

    def clear(self) -> None:
        """Close what is open and drop the run's database."""
        for engine in (*self.engines.values(), *self.sites):
            engine.dispose()
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{self.database}" WITH (FORCE)')  # type: ignore[arg-type]

    def environ(self) -> dict[str, str]:
        """The environment that the app, the worker and the commands would be started with."""
        import base64  # noqa: PLC0415

        return {
            "SPEAN_WEB_URL": self.urls["spean_web"],
            "SPEAN_PUBLIC_URL": self.urls["spean_public"],
            "SPEAN_WORKER_URL": self.urls["spean_worker"],
            "SPEAN_PUBLISHER_URL": self.urls["spean_publisher"],
            "SPEAN_MIGRATOR_URL": self.urls["spean_migrator"],
            "SPEAN_BACKUP_URL": self.urls["spean_backup"],
            "SPEAN_KEEPER_URL": self.urls["spean_keeper"],
            "SPEAN_REDIS_URL": self.redis_url,
            "SPEAN_SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
            "SPEAN_KEK": " ".join(f"{n}:{base64.b64encode(key).decode()}" for n, key in self.kek.keys.items()),
            "SPEAN_ARGON2_MEMORY_KIB": str(CHEAP.memory_kib),
            "SPEAN_ARGON2_ROUNDS": str(CHEAP.rounds),
        }

    @cached_property
    def settings(self) -> settings.Settings:
        return settings.load(self.environ())

    @cached_property
    def sites(self) -> list[Engine]:
        """The engines of the apps that tests made."""
        return []

    @cached_property
    def engines(self) -> dict[str, Engine]:
        return {role: db.engine(url) for role, url in self.urls.items()}


@dataclass(frozen=True)
class Person:
    """Somebody signed in. `transaction()` opens a session as them."""

    servers: Servers
    email: str
    token: str
    official: bool
    org_id: UUID
    staff_id: UUID

    @contextmanager
    def transaction(self) -> Iterator[tuple[Session, Actor]]:
        """One transaction as this person, under the role that serves them."""
        engine = self.servers.engines["spean_public" if self.official else "spean_web"]
        with db.LeanSession(engine, expire_on_commit=False) as session:
            session.info["kek"] = self.servers.kek
            db.entering(session, db.by_token(self.token))
            with db.transaction(session):
                self.servers.rehearse(session)
                yield session, db.actor(session)

    @contextmanager
    def speaking(self, language: str) -> Iterator[None]:
        """Spean in this language for a while: the steward is every test's, and the next one reads English."""
        try:
            self._choose(language)
            yield
        finally:
            self._choose("en")

    def _choose(self, language: str) -> None:
        with self.transaction() as (session, actor):
            use_cases.change_profile(session, actor, language=language)


@dataclass
class Org:
    """A fresh organisation and those who joined it."""

    network: Network
    id: UUID
    kind: str
    manager: Person | None = None

    def person(self, *roles: str, name: str = "Dara", language: str = "en") -> Person:
        """Somebody new with these roles, invited by the manager (by the steward in a commune)."""
        inviter = self.manager or self.network.steward
        with inviter.transaction() as (session, actor):
            token = use_cases.invite(session, actor, frozenset(roles), org_id=self.id)
        return self.network.join(token, name=name, language=language)


@dataclass
class Network:
    """The run's network."""

    servers: Servers
    _count: int = field(default=0)

    @cached_property
    def steward(self) -> Person:
        engine = self.servers.engines["spean_migrator"]
        with Session(engine) as session, db.transaction(session):
            import_areas(session, AREAS)
            token = use_cases.first_steward(session, self.servers.kek, name_km="អ្នកសម្របសម្រួល", name_en="Steward")
        return self.join(token, name="Chan")

    def organisation(self, kind: str = "ngo", *, prefix: str = "TS", area: str | None = None) -> Org:
        """A new organisation with a manager (a commune has none, and always a sangkat)."""
        area = area or ("120802" if kind == "commune" else None)
        with self.steward.transaction() as (session, actor):
            org_id = use_cases.make_organisation(
                session, actor, kind=kind, prefix=prefix, name_km="អង្គការសាក", name_en=f"Trial {ids.code(5)}", area=area
            )
        org = Org(self, org_id, kind)
        if kind != "commune":
            org.manager = org.person("manager", name="Sophea")
        return org

    def join(self, token: str, *, name: str, language: str = "en") -> Person:
        """Accept an invitation and sign in."""
        email = f"{ids.code(10).lower()}@example.org"
        with self._anonymous() as session:
            invite = signing_in.open_invite(session, token)
            assert invite is not None
            staff_id = signing_in.accept_invite(
                session, token, name=name, email=email, password=PASSWORD, language=language, cost=CHEAP
            )
        return self.sign_in(email, invite.org_id, staff_id)

    def sign_in(self, email: str, org_id: UUID, staff_id: UUID) -> Person:
        """Another session of the same person."""
        with self._anonymous() as session:
            signed = signing_in.sign_in(session, email, PASSWORD, CHEAP)
        return Person(self.servers, email, signed.token, signed.official, org_id, staff_id)

    @contextmanager
    def _anonymous(self) -> Iterator[Session]:
        with Session(self.servers.engines["spean_public"]) as session, db.transaction(session):
            yield session
