"""Whose client somebody is, inside their organisation, and whether there still is a record of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, SQLColumnExpression, and_

from app.core.context import Actor
from orgs.clients.models import Client


@dataclass(frozen=True)
class Standing:
    """`own`: the actor is the worker who looks after the client. `erased`: nothing is known of them any more."""

    own: bool
    erased: bool


def beside(
    statement: Select[*tuple[Any, ...]], org_id: SQLColumnExpression[UUID], client_id: SQLColumnExpression[UUID]
) -> Select[*tuple[Any, ...]]:
    """A statement of the house above that reaches a client of this organisation, with what `standing` needs."""
    theirs = and_(Client.org_id == org_id, Client.id == client_id)
    return statement.add_columns(Client.worker_id.label("looks_after"), Client.erased_at).outerjoin(Client, theirs)


def standing(actor: Actor, row: Row[*tuple[Any, ...]]) -> Standing:
    """How the actor stands to the client of this row."""
    return Standing(own=row.looks_after == actor.staff_id, erased=row.erased_at is not None)
