"""Between rows and opened records: the one place that seals and unseals a client's fields."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, SQLColumnExpression, and_, select, true
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import NotFound
from app.core.keys import Keyring
from orgs.clients import policy
from orgs.clients.models import Client
from orgs.clients.records import Facts, Record
from orgs.facts import HeardFrom

TABLE = "clients"


def in_scope(actor: Actor) -> ColumnElement[bool]:
    """The clients whom the actor may see; an erased one is absent. Raises NotAllowed for who works with none."""
    policy.check_works(actor)
    return scope(actor.org_id, actor.staff_id, sees_all=policy.sees_all(actor))


def scope(
    org_id: SQLColumnExpression[UUID] | UUID,
    worker_id: SQLColumnExpression[UUID] | UUID | None,
    *,
    sees_all: bool,
) -> ColumnElement[bool]:
    """The clients of an organisation whom somebody of it sees: all, or those whose worker they are."""
    own = true() if sees_all else Client.worker_id == worker_id
    return and_(Client.org_id == org_id, Client.erased_at.is_(None), own)


def load(session: Session, actor: Actor, client_id: UUID, *, lock: bool = False) -> Client:
    """The row, if the actor may see it. Raises NotFound, NotAllowed."""
    statement = select(Client).where(in_scope(actor), Client.id == client_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def sealed(keys: Keyring, client_id: UUID, record: Record) -> dict[str, Any]:
    """The columns of a record."""

    def seal(column: str, value: str) -> bytes | None:
        return keys.seal_for(client_id, TABLE, column, client_id, value or None)

    return {
        "alias": seal("alias", record.alias),
        "name": seal("name", record.name),
        "phone": seal("phone", record.phone),
        "phone_hash": keys.phone_hash(record.phone) if record.phone else None,
        "reach": seal("reach", record.safe_contact),
        "facts": seal("facts", record.facts.to_json()),
        "area": record.area,
        "heard_from": record.heard_from.value,
    }


def opened(keys: Keyring, client_id: UUID, row: Client | Row[*tuple[Any, ...]]) -> Record:
    """The record of this client's row, everything in it. Raises crypto.Unsealable."""
    return Record(
        alias=unsealed(keys, client_id, "alias", row.alias),
        name=unsealed(keys, client_id, "name", row.name),
        phone=unsealed(keys, client_id, "phone", row.phone),
        safe_contact=unsealed(keys, client_id, "reach", row.reach),
        area=row.area,
        heard_from=HeardFrom(row.heard_from),
        facts=Facts.from_json(unsealed(keys, client_id, "facts", row.facts)),
    )


def unsealed(keys: Keyring, client_id: UUID, column: str, value: bytes | None) -> str:
    """One field of a client; "" where there is none."""
    return keys.unseal_for(client_id, TABLE, column, client_id, value) or ""
