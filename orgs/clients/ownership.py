"""Whose client somebody is, inside their organisation, and whether there still is a record of them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.context import Actor
from orgs.clients.models import Client


@dataclass(frozen=True)
class Standing:
    """`own`: the actor is the worker who looks after the client. `erased`: nothing is known of them any more."""

    own: bool
    erased: bool


def standing(session: Session, actor: Actor, client_id: UUID) -> Standing:
    """How the actor stands to a client of their organisation."""
    row = session.execute(
        select(Client.worker_id, Client.erased_at).where(Client.org_id == actor.org_id, Client.id == client_id)
    ).one_or_none()
    if row is None:
        return Standing(own=False, erased=False)
    return Standing(own=row.worker_id == actor.staff_id, erased=row.erased_at is not None)
