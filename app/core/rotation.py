"""Changing keys while people work, level by level. Each step is a small transaction of one organisation.

However it is cut short, run it again and it goes on: what still needs an old key says so itself, old and new keys both
open, and an old one leaves only when, under its lock, nothing is found that needs it. A transaction locks rows of one
kind at a time, a client's row before that client's notes and keys, as everybody does. (Crypto periods and re-wrapping:
NIST SP 800-57 part 1, 5.3 and 8.2.3.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from app.core import crypto, db, kek_checks, keys
from app.core.errors import NotFound
from app.core.kek import KeyEncryption
from app.core.keys import SEALED, ClientKey, Keyring, OrgKey, PublicKey, SealedColumns, WrappedKey

GRACE_SECONDS = 120.0
"""How long after the last change an old key is kept for requests that were under way."""
_BATCH = 100
_SCHEMA = MetaData(schema="app")


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, _SCHEMA, *columns)


def _of(one: SealedColumns) -> Table:
    ids = {one.org, one.row} | ({one.client} if one.client else set())
    more = [Column("phone_hash", LargeBinary)] if one.table == "clients" else []
    return _table(one.table, *(Column(i, Uuid()) for i in ids), *(Column(c, LargeBinary) for c in one.columns), *more)


_TABLES = {one.table: _of(one) for one in SEALED}
_CLIENTS = _TABLES["clients"]
_PACKETS = _table(
    "packet_keys",
    *(Column(name, Uuid()) for name in ("sender_org_id", "referral_id", "holder_org_id")),
    *(Column(name, Text) for name in ("part", "holder")),
    Column("key_version", Integer),
    Column("wrapped", LargeBinary),
)
_ORGANISATIONS = _table(
    "organisations", Column("id", Uuid()), Column("public_key", LargeBinary), Column("key_version", Integer)
)


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
            with self._inside(org_id) as (session, _ring):
                count = self._rewrap(session, org_id, newest)
                if count:
                    _note(session, "kek", count)
            self.say(f"{number} of {len(holders)} organisations stand under version {newest}.")
        with self._session() as session:
            session.execute(text("SELECT sec.drop_old_keks()"))
            left = [one.version for one in kek_checks.known(session) if one.version != newest]
        if left:  # an organisation was made meanwhile, under the version before
            self.kek_level()

    def _rewrap(self, session: Session, org_id: UUID, newest: int) -> int:
        wanted = OrgKey.version, OrgKey.kek_version, OrgKey.data_key, OrgKey.private_key, OrgKey.count_key
        rows = session.execute(
            select(*wanted).where(OrgKey.org_id == org_id, OrgKey.kek_version != newest).with_for_update()
        ).all()
        for version, kek_version, *wraps in rows:
            made: dict[str, Any] = {"kek_version": newest}
            for column, wrapped in zip(("data_key", "private_key", "count_key"), wraps, strict=True):
                if wrapped is not None:
                    where = keys.org_place(org_id, column, version)
                    made[column] = self.kek.wrap(newest, self.kek.unwrap(kek_version, wrapped, where), where)
            session.execute(update(OrgKey).where(OrgKey.org_id == org_id, OrgKey.version == version).values(made))
        return len(rows)

    # --- an organisation's keys ---
    def organisations_level(self, only: UUID | None = None) -> None:
        """New keys for every organisation, or for `only` one. Raises NotFound, BadSetting."""
        with self._run("organisations", only) as (since, holders):
            for number, org_id in enumerate(holders, 1):
                self._begin_org(org_id, since)
                self._move_org(org_id)
                self.say(f"{number} of {len(holders)} organisations seal with new keys.")
            self._wait()
            for org_id in holders:
                while not self._let_go_org(org_id):
                    self._move_org(org_id)

    def _begin_org(self, org_id: UUID, since: datetime) -> None:
        with self._inside(org_id) as (session, ring):
            rows = session.execute(
                select(OrgKey.version, OrgKey.created_at).where(OrgKey.org_id == org_id).with_for_update()
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
        for step in (_client_keys, _own_values, _phones, _packet_keys):
            done, count = 0, -1
            while count:
                with self._inside(org_id) as (session, ring):
                    count = step(session, ring)
                done += count
                if count:
                    self.say(f"  {step.__name__.strip('_').replace('_', ' ')}: {done}")

    def _let_go_org(self, org_id: UUID) -> bool:
        """Delete the older versions, if under their lock nothing is found that needs one."""
        with self._inside(org_id) as (session, ring):
            held = session.scalars(select(OrgKey.version).where(OrgKey.org_id == org_id).with_for_update()).all()
            newest = max(held)
            if ring.newest.version != newest or any(step(session, ring) for step in _ORG_STEPS):
                return False
            session.execute(delete(OrgKey).where(OrgKey.org_id == org_id, OrgKey.version < newest))
        return True

    # --- clients' keys ---
    def clients_level(self, only: UUID | None = None) -> None:
        """A new key for every client of every organisation, or of `only` one. Raises NotFound, BadSetting."""
        with self._run("clients", only) as (since, holders):
            for number, org_id in enumerate(holders, 1):
                done = 0
                while batch := self._clients_before(org_id, since):
                    for client_id in batch:
                        self._renew_client(org_id, client_id, since)
                    done += len(batch)
                    self.say(f"  {done} clients")
                self.say(f"The clients of {number} of {len(holders)} organisations have new keys.")
            self._wait()
            for org_id in holders:
                for client_id in self._clients_with_old(org_id):
                    self._let_go_client(org_id, client_id)
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
                    .limit(_BATCH)
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

    def _renew_client(self, org_id: UUID, client_id: UUID, since: datetime) -> None:
        """A new key for one client and everything of theirs under it, in one transaction."""
        with self._inside(org_id) as (session, ring):
            held = _locked_client(session, org_id, client_id)
            if not held or max(row.made_at for row in held) >= since:
                return
            ring.load_clients([client_id])
            ring.new_client(client_id)
            _reseal_client(session, ring, client_id)

    def _let_go_client(self, org_id: UUID, client_id: UUID) -> None:
        """Seal anew what was written under an older key while the change ran, then delete the older keys."""
        with self._inside(org_id) as (session, ring):
            held = _locked_client(session, org_id, client_id)
            if not held:
                return
            _reseal_client(session, ring, client_id)
            session.execute(
                delete(ClientKey).where(
                    ClientKey.org_id == org_id,
                    ClientKey.client_id == client_id,
                    ClientKey.generation < max(row.generation for row in held),
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


def _note(session: Session, level: str, count: int) -> None:
    session.execute(text("SELECT sec.note_rotation(:level, :count)"), {"level": level, "count": count})


def _client_keys(session: Session, ring: Keyring) -> int:
    rows = session.execute(
        select(ClientKey.client_id, ClientKey.generation, ClientKey.key_version, ClientKey.wrapped)
        .where(ClientKey.org_id == ring.org_id, ClientKey.key_version < ring.newest.version)
        .order_by(ClientKey.client_id, ClientKey.generation)
        .limit(_BATCH)
        .with_for_update()
    ).all()
    for client_id, generation, version, wrapped in rows:
        key = ring.open_client(client_id, generation, WrappedKey(version, wrapped))
        made = ring.wrap_client(client_id, generation, key)
        session.execute(
            update(ClientKey)
            .where(
                ClientKey.org_id == ring.org_id, ClientKey.client_id == client_id, ClientKey.generation == generation
            )
            .values(key_version=made.version, wrapped=made.wrapped)
        )
    return len(rows)


def _own_values(session: Session, ring: Keyring) -> int:
    """What the organisation's data key seals itself (slips)."""
    count, head = 0, crypto.stamp_of(ring.newest.version)
    for one in (one for one in SEALED if not one.client):
        table = _TABLES[one.table]
        old = or_(*(_under_another(table.c[column], head) for column in one.columns))
        for row in session.execute(_locked(select(table).where(table.c[one.org] == ring.org_id, old), table, one)):
            row_id, values = row._mapping[one.row], {}  # noqa: SLF001 - the public way to a row's names
            for column in one.columns:
                sealed = row._mapping[column]  # noqa: SLF001
                if sealed:
                    said = ring.unseal(one.table, column, row_id, sealed)
                    values[column] = ring.seal(one.table, column, row_id, said)
            session.execute(
                update(table).where(table.c[one.org] == ring.org_id, table.c[one.row] == row_id).values(values)
            )
            count += 1
    return count


def _phones(session: Session, ring: Keyring) -> int:
    """The hashes by which phones are found: the phone is opened with the client's key and hashed anew."""
    head = crypto.stamp_of(ring.newest.version)
    one = SEALED[0]
    wanted = select(_CLIENTS.c.id, _CLIENTS.c.phone).where(
        _CLIENTS.c.org_id == ring.org_id, _under_another(_CLIENTS.c.phone_hash, head)
    )
    rows = session.execute(_locked(wanted, _CLIENTS, one)).all()
    for client_id, sealed in rows:
        phone = ring.unseal_for(client_id, "clients", "phone", client_id, sealed) if sealed else None
        session.execute(
            update(_CLIENTS)
            .where(_CLIENTS.c.org_id == ring.org_id, _CLIENTS.c.id == client_id)
            .values(phone_hash=ring.phone_hash(phone) if phone else None)
        )
    return len(rows)


def _packet_keys(session: Session, ring: Keyring) -> int:
    """The wraps of packets that this organisation sent, and of those sent to it."""
    own, c = ring.newest, _PACKETS.c
    public = PublicKey(crypto.public_of(own.private), own.version)
    rows = session.execute(
        select(_PACKETS)
        .where(c.holder_org_id == ring.org_id, c.key_version < own.version)
        .order_by(c.sender_org_id, c.referral_id, c.part, c.holder)
        .limit(_BATCH)
        .with_for_update()
    ).all()
    for row in rows:
        place = row.sender_org_id, row.referral_id, row.part
        key = ring.part_key(*place, row.holder, WrappedKey(row.key_version, row.wrapped))
        made = ring.wrap_own_part(*place, key) if row.holder == "sender" else keys.wrap_part_to(public, *place, key)
        same = and_(c.sender_org_id == row.sender_org_id, c.referral_id == row.referral_id, c.part == row.part)
        session.execute(
            update(_PACKETS).where(same, c.holder == row.holder).values(key_version=made.version, wrapped=made.wrapped)
        )
    return len(rows)


_ORG_STEPS = (_client_keys, _own_values, _phones, _packet_keys)


def _locked_client(session: Session, org_id: UUID, client_id: UUID) -> list[Any]:
    """A client's keys, with the client's row locked first. Nothing for who was erased."""
    session.execute(
        select(_CLIENTS.c.id).where(_CLIENTS.c.org_id == org_id, _CLIENTS.c.id == client_id).with_for_update()
    )
    return list(
        session.execute(
            select(ClientKey.generation, ClientKey.made_at)
            .where(ClientKey.org_id == org_id, ClientKey.client_id == client_id)
            .with_for_update()
        )
    )


def _reseal_client(session: Session, ring: Keyring, client_id: UUID) -> None:
    """Every value of one client that is not sealed by the client's newest key, sealed by it."""
    head = crypto.stamp_of(ring.generation(client_id))
    for one in (one for one in SEALED if one.client):
        table = _TABLES[one.table]
        old = or_(*(_under_another(table.c[column], head) for column in one.columns))
        mine = and_(table.c[one.org] == ring.org_id, table.c[one.client] == client_id)
        for row in session.execute(select(table).where(mine, old).order_by(table.c[one.row]).with_for_update()).all():
            row_id, values = row._mapping[one.row], {}  # noqa: SLF001
            for column in one.columns:
                sealed = row._mapping[column]  # noqa: SLF001
                if sealed:
                    said = ring.unseal_for(client_id, one.table, column, row_id, sealed)
                    values[column] = ring.seal_for(client_id, one.table, column, row_id, said)
            session.execute(update(table).where(mine, table.c[one.row] == row_id).values(values))


def _under_another(column: ColumnElement[Any], head: bytes) -> ColumnElement[bool]:
    """Whether a sealed value stands under another version than the newest. What was emptied stands under none."""
    return and_(func.length(column) > 0, func.substr(column, 1, len(head)) != head)


def _locked(wanted: Select[*tuple[Any, ...]], table: Table, one: SealedColumns) -> Select[*tuple[Any, ...]]:
    return wanted.order_by(table.c[one.row]).limit(_BATCH).with_for_update()
