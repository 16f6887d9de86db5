"""Erasing a record. The database does it in one function (`sec.erase_client`), which also writes the audit entry.

Only `referrals.erasing` and the schedule call this: what was sent must be withdrawn first.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import Conflict, NotFound
from orgs.clients import policy, store

RETENTION = "retention"
"""The reason of the schedule."""


def hold_for_erasing(session: Session, actor: Actor, client_id: UUID, *, version: int) -> None:
    """Lock the record that the actor looked at, archived or not. Raises NotFound, NotAllowed, Conflict."""
    row = store.load(session, actor, client_id, lock=True)
    policy.check_erases(actor, row.worker_id)
    if row.version != version:
        raise Conflict


def erase(session: Session, client_id: UUID, reason: str) -> None:
    """Destroy the client's keys and empty what they sealed. Raises NotFound when somebody was faster."""
    session.flush()
    done = session.execute(
        text("SELECT sec.erase_client(:client, :reason)"), {"client": client_id, "reason": reason}
    ).scalar_one()
    session.expire_all()
    if not done:
        raise NotFound
