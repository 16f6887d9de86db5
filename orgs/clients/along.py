"""What a statement of the house above reads of a client, so that it need not be asked for by another.

One function adds the columns, one makes something of a row that has them. Whatever shows a person's data is written
into the audit log in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, and_
from sqlalchemy.orm import Session

from app.core import audit
from app.core.context import Actor
from app.core.key_rows import NOT_ALONG, client_along, own_along
from app.core.keys import keyring
from orgs.clients import policy, store
from orgs.clients.models import Client
from orgs.clients.views import ClientName, ClientView

_WHOLE = (
    Client.code, Client.alias, Client.name, Client.phone, Client.reach, Client.facts, Client.area, Client.heard_from,
    Client.worker_id, Client.created_at, Client.updated_at, Client.archived_at, Client.version,
)  # fmt: skip


@dataclass(frozen=True)
class Reach:
    """What such a statement depends on: whom the actor sees, and whether the organisation's keys are still to open."""

    sees_all: bool
    with_own: bool

    def scope(self, org_id: SQLColumnExpression[UUID], worker_id: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
        """The clients within it, when these two act."""
        return store.scope(org_id, worker_id, sees_all=self.sees_all)


def reach(session: Session, actor: Actor) -> Reach:
    """How far the actor sees in this transaction. Raises NotAllowed for who works with no clients."""
    policy.check_works(actor)
    return Reach(policy.sees_all(actor), not keyring(session).is_open)


def record_columns(org_id: SQLColumnExpression[UUID], reach: Reach) -> tuple[SQLColumnExpression[Any], ...]:
    """A client's whole row, but for the id, and the keys that open it."""
    return *_WHOLE, client_along(org_id, Client.id), own_along(org_id) if reach.with_own else NOT_ALONG


def record_beside(
    statement: Select[*tuple[Any, ...]],
    client_id: SQLColumnExpression[UUID],
    org_id: SQLColumnExpression[UUID],
    worker_id: SQLColumnExpression[UUID],
    reach: Reach,
) -> Select[*tuple[Any, ...]]:
    """A statement about one client, with what `record_of` needs; it finds nothing where the actor sees nobody."""
    theirs = and_(reach.scope(org_id, worker_id), Client.id == client_id)
    return statement.add_columns(*record_columns(org_id, reach)).join(Client, theirs)


def record_of(
    session: Session, actor: Actor, client_id: UUID, row: Row[*tuple[Any, ...]], *, action: str = "client.read"
) -> ClientView:
    """The client of this row, opened. The read is audited as `action`. Raises crypto.Unsealable."""
    keys = keyring(session)
    keys.bring([(client_id, row.client_keys, row.org_keys)])
    audit.record(session, actor, action, subject="client", subject_id=client_id)
    record = store.opened(keys, client_id, row)
    if not policy.sees_clinical_details(actor, row.worker_id):
        record = replace(record, facts=record.facts.without_clinical())
    return ClientView(
        client_id, row.code, record, row.worker_id, row.created_at, row.updated_at, row.archived_at, row.version
    )


def name_beside(
    session: Session, actor: Actor, statement: Select[*tuple[Any, ...]], client_id: SQLColumnExpression[UUID]
) -> Select[*tuple[Any, ...]]:
    """A statement of the house above that names clients, with what `named` needs."""
    theirs = and_(store.in_scope(actor), Client.id == client_id)
    return statement.add_columns(
        Client.id.label("called_id"), Client.code, Client.alias, Client.name, *keyring(session).along(Client.id)
    ).outerjoin(Client, theirs)


def named(session: Session, actor: Actor, rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[UUID, ClientName]:
    """What the clients of these rows are called; whom the actor may not see is left out. Audited as one read."""
    keys, found = keyring(session), [row for row in rows if row.called_id is not None]
    if not found:
        return {}
    keys.bring((row.called_id, row.client_keys, row.org_keys) for row in found)
    shown = {}
    for row in found:
        alias = store.unsealed(keys, row.called_id, "alias", row.alias)
        shown[row.called_id] = ClientName(row.code, alias or store.unsealed(keys, row.called_id, "name", row.name))
    audit.record(session, actor, "client.names", subject="client", count=len(shown))
    return shown
