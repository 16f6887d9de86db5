"""What is sealed under an older key, sealed anew: one batch, or one client, within a transaction of the keeper's.

Nothing here waits for a lock: a row that somebody works on ends the transaction at once (`NOWAIT`), for whoever waits
while holding rows can be what the other one waits for.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.core import crypto, keys
from app.core.key_rows import SEALED, ClientKey, SealedColumns
from app.core.keys import Keyring, PublicKey, WrappedKey

BATCH = 100
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


def client_keys(session: Session, ring: Keyring) -> int:
    rows = session.execute(
        select(ClientKey.client_id, ClientKey.generation, ClientKey.key_version, ClientKey.wrapped)
        .where(ClientKey.org_id == ring.org_id, ClientKey.key_version < ring.newest.version)
        .order_by(ClientKey.client_id, ClientKey.generation)
        .limit(BATCH)
        .with_for_update(nowait=True)
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


def own_values(session: Session, ring: Keyring) -> int:
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


def phones(session: Session, ring: Keyring) -> int:
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


def packet_keys(session: Session, ring: Keyring) -> int:
    """The wraps of packets that this organisation sent, and of those sent to it."""
    own, c = ring.newest, _PACKETS.c
    public = PublicKey(crypto.public_of(own.private), own.version)
    rows = session.execute(
        select(_PACKETS)
        .where(c.holder_org_id == ring.org_id, c.key_version < own.version)
        .order_by(c.sender_org_id, c.referral_id, c.part, c.holder)
        .limit(BATCH)
        .with_for_update(nowait=True)
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


ORG_STEPS = (client_keys, own_values, phones, packet_keys)


def locked_client(session: Session, org_id: UUID, client_id: UUID) -> list[Any]:
    """A client's keys, with the client's row locked first. Nothing for who was erased."""
    session.execute(
        select(_CLIENTS.c.id)
        .where(_CLIENTS.c.org_id == org_id, _CLIENTS.c.id == client_id)
        .with_for_update(nowait=True)
    )
    return list(
        session.execute(
            select(ClientKey.generation, ClientKey.made_at)
            .where(ClientKey.org_id == org_id, ClientKey.client_id == client_id)
            .with_for_update(nowait=True)
        )
    )


def reseal_client(session: Session, ring: Keyring, client_id: UUID) -> None:
    """Every value of one client that is not sealed by the client's newest key, sealed by it."""
    head = crypto.stamp_of(ring.generation(client_id))
    for one in (one for one in SEALED if one.client):
        table = _TABLES[one.table]
        old = or_(*(_under_another(table.c[column], head) for column in one.columns))
        mine = and_(table.c[one.org] == ring.org_id, table.c[one.client] == client_id)
        for row in session.execute(
            select(table).where(mine, old).order_by(table.c[one.row]).with_for_update(nowait=True)
        ).all():
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
    return wanted.order_by(table.c[one.row]).limit(BATCH).with_for_update(nowait=True)
