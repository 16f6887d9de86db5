"""Changing keys while people work, level by level. Each step is a small transaction of one organisation.

However it is cut short, run it again and it goes on: what still needs an old key says so itself, old and new keys both
open, and an old one leaves only when, under its lock, nothing is found that needs it. It never waits while it holds a
row, so that it can be in no deadlock with people's work: where somebody is at work, the step begins anew a moment
later. (Crypto periods and re-wrapping: NIST SP 800-57 part 1, 5.3 and 8.2.3.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core import db, kek_checks, keys, resealing
from app.core.errors import NotFound
from app.core.kek import KeyEncryption
from app.core.key_rows import ClientKey, OrgKey
from app.core.keys import Keyring

GRACE_SECONDS = 120.0
"""How long after the last change an old key is kept for requests that were under way."""
PATIENCE_SECONDS = 60.0
"""How long a row may be worked on by others before the command gives up; run again, it goes on."""
_PAUSE = 0.05
_ORGANISATIONS = Table(
    "organisations",
    MetaData(schema="app"),
    Column("id", Uuid()),
    Column("public_key", LargeBinary),
    Column("key_version", Integer),
)
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Rotation:
    """One run of the command: the keeper's connections, the keys, where progress is told, and the patience."""

    engine: Engine
    kek: KeyEncryption
    say: Callable[[str], object]
    grace: float = GRACE_SECONDS

    # --- the key-encryption key ---
    def kek_level(self) -> None:
        """Wrap every organisation's keys under the newest version given; let go of the versions before.

        Raises BadSetting.
        """
        with self._session() as session:
            newest = kek_checks.note(session, self.kek)
        holders = self._holders()
        for number, org_id in enumerate(holders, 1):
            self._patiently(org_id, partial(self._rewrap, newest=newest))
            self.say(f"{number} of {len(holders)} organisations stand under version {newest}.")
        with self._session() as session:
            session.execute(text("SELECT sec.drop_old_keks()"))
            left = [one.version for one in kek_checks.known(session) if one.version != newest]
        if left:  # an organisation was made meanwhile, under the version before
            self.kek_level()

    def _rewrap(self, session: Session, ring: Keyring, newest: int) -> None:
        org_id = ring.org_id
        wanted = OrgKey.version, OrgKey.kek_version, OrgKey.data_key, OrgKey.private_key, OrgKey.count_key
        rows = session.execute(
            select(*wanted).where(OrgKey.org_id == org_id, OrgKey.kek_version != newest).with_for_update(nowait=True)
        ).all()
        for version, kek_version, *wraps in rows:
            made: dict[str, Any] = {"kek_version": newest}
            for column, wrapped in zip(("data_key", "private_key", "count_key"), wraps, strict=True):
                if wrapped is not None:
                    where = keys.org_place(org_id, column, version)
                    made[column] = self.kek.wrap(newest, self.kek.unwrap(kek_version, wrapped, where), where)
            session.execute(update(OrgKey).where(OrgKey.org_id == org_id, OrgKey.version == version).values(made))
        if rows:
            _note(session, "kek", len(rows))

    # --- an organisation's keys ---
    def organisations_level(self, only: UUID | None = None) -> None:
        """New keys for every organisation, or for `only` one. Raises NotFound, BadSetting."""
        with self._run("organisations", only) as (since, holders):
            for number, org_id in enumerate(holders, 1):
                self._patiently(org_id, partial(self._begin_org, since=since))
                self._move_org(org_id)
                self.say(f"{number} of {len(holders)} organisations seal with new keys.")
            self._wait()
            for org_id in holders:
                while not self._patiently(org_id, _let_go_org):
                    self._move_org(org_id)

    def _begin_org(self, session: Session, ring: Keyring, since: datetime) -> None:
        org_id = ring.org_id
        rows = session.execute(
            select(OrgKey.version, OrgKey.created_at).where(OrgKey.org_id == org_id).with_for_update(nowait=True)
        ).all()
        if max(row.created_at for row in rows) >= since:
            return
        version = max(row.version for row in rows) + 1
        wrapping = kek_checks.current(session, self.kek)
        made = keys.new_org_keys(self.kek, wrapping, org_id, version)
        counting = self.kek.wrap(wrapping, ring.newest.counting, keys.org_place(org_id, "count_key", version))
        session.execute(
            insert(OrgKey).values(
                org_id=org_id, version=version, kek_version=wrapping, data_key=made.data_key,
                private_key=made.private_key, count_key=counting, created_at=func.now(),
            )
        )  # fmt: skip
        session.execute(
            update(_ORGANISATIONS)
            .where(_ORGANISATIONS.c.id == org_id)
            .values(public_key=made.public_key, key_version=version)
        )
        _note(session, "organisation", version)

    def _move_org(self, org_id: UUID) -> None:
        """Everything that an older key of this organisation opens, under its newest; in batches, until none is left."""
        for step in resealing.ORG_STEPS:
            done, count = 0, -1
            while count:
                count = self._patiently(org_id, step)
                done += count
                if count:
                    self.say(f"  {step.__name__.replace('_', ' ')}: {done}")

    # --- clients' keys ---
    def clients_level(self, only: UUID | None = None) -> None:
        """A new key for every client of every organisation, or of `only` one. Raises NotFound, BadSetting."""
        with self._run("clients", only) as (since, holders):
            for number, org_id in enumerate(holders, 1):
                done = 0
                while batch := self._clients_before(org_id, since):
                    for client_id in batch:
                        self._patiently(org_id, partial(_renew_client, client_id=client_id, since=since))
                    done += len(batch)
                    self.say(f"  {done} clients")
                self.say(f"The clients of {number} of {len(holders)} organisations have new keys.")
            self._wait()
            for org_id in holders:
                for client_id in self._clients_with_old(org_id):
                    self._patiently(org_id, partial(_let_go_client, client_id=client_id))
                with self._inside(org_id) as (session, _ring):
                    _note(session, "clients", 1)

    def _clients_before(self, org_id: UUID, since: datetime) -> list[UUID]:
        with self._inside(org_id) as (session, _ring):
            return list(
                session.scalars(
                    select(ClientKey.client_id)
                    .where(ClientKey.org_id == org_id)
                    .group_by(ClientKey.client_id)
                    .having(func.max(ClientKey.made_at) < since)
                    .order_by(ClientKey.client_id)
                    .limit(resealing.BATCH)
                )
            )

    def _clients_with_old(self, org_id: UUID) -> list[UUID]:
        with self._inside(org_id) as (session, _ring):
            return list(
                session.scalars(
                    select(ClientKey.client_id)
                    .where(ClientKey.org_id == org_id)
                    .group_by(ClientKey.client_id)
                    .having(func.count() > 1)
                    .order_by(ClientKey.client_id)
                )
            )

    # --- the seal of the context ---
    def seal_level(self) -> None:
        """A new key for the seal of the context. Transactions under way are refused once."""
        with self._session() as session:
            session.execute(text("SELECT sec.rotate_seal()"))

    # --- how it gets in ---
    @contextmanager
    def _run(self, level: str, only: UUID | None) -> Iterator[tuple[datetime, list[UUID]]]:
        name = f"{level} {only}" if only else level
        holders = self._holders()
        if only is not None and only not in holders:
            raise NotFound
        with self._session() as session:
            kek_checks.check(session, self.kek)
            since = session.execute(text("SELECT sec.begin_keys(:level)"), {"level": name}).scalar_one()
        yield since, [only] if only else holders
        with self._session() as session:
            session.execute(text("SELECT sec.end_keys(:level)"), {"level": name})

    def _holders(self) -> list[UUID]:
        with self._session() as session:
            return list(session.scalars(text("SELECT org_id FROM sec.key_holders()")))

    def _wait(self) -> None:
        if self.grace:
            self.say(f"Old keys are kept for {self.grace:g} seconds more, for requests that are under way.")
            time.sleep(self.grace)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with Session(self.engine) as session, db.transaction(session):
            yield session

    @contextmanager
    def _inside(self, org_id: UUID) -> Iterator[tuple[Session, Keyring]]:
        with self._session() as session:
            session.execute(text("SELECT sec.enter_keys(:org)"), {"org": org_id})
            yield session, Keyring(session, self.kek, org_id)

    def _patiently(self, org_id: UUID, act: Callable[[Session, Keyring], _Done]) -> _Done:
        """Do `act` in a transaction of its own, again and again while people work on its rows.

        Raises OperationalError when they do not stop.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with self._inside(org_id) as (session, ring):
                    return act(session, ring)
            except OperationalError as error:
                if not isinstance(error.orig, LockNotAvailable) or time.monotonic() > until:
                    raise
            time.sleep(_PAUSE)


def _let_go_org(session: Session, ring: Keyring) -> bool:
    """Delete the older versions, if under their lock nothing is found that needs one."""
    mine = OrgKey.org_id == ring.org_id
    newest = max(session.scalars(select(OrgKey.version).where(mine).with_for_update(nowait=True)))
    if ring.newest.version != newest or any(step(session, ring) for step in resealing.ORG_STEPS):
        return False
    session.execute(delete(OrgKey).where(mine, OrgKey.version < newest))
    return True


def _renew_client(session: Session, ring: Keyring, client_id: UUID, since: datetime) -> None:
    """A new key for one client and everything of theirs under it."""
    held = resealing.locked_client(session, ring.org_id, client_id)
    if not held or max(row.made_at for row in held) >= since:
        return
    ring.load_clients([client_id])
    ring.new_client(client_id)
    resealing.reseal_client(session, ring, client_id)


def _let_go_client(session: Session, ring: Keyring, client_id: UUID) -> None:
    """Seal anew what was written under an older key while the change ran, then delete the older keys."""
    held = resealing.locked_client(session, ring.org_id, client_id)
    if not held:
        return
    resealing.reseal_client(session, ring, client_id)
    session.execute(
        delete(ClientKey).where(
            ClientKey.org_id == ring.org_id,
            ClientKey.client_id == client_id,
            ClientKey.generation < max(row.generation for row in held),
        )
    )


def _note(session: Session, level: str, count: int) -> None:
    session.execute(text("SELECT sec.note_rotation(:level, :count)"), {"level": level, "count": count})
