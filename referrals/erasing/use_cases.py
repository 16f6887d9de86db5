"""Erasing a client for good. What is under way is withdrawn in the same transaction, so that receivers are told."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.core.context import Actor
from orgs.clients.use_cases import erasure
from orgs.facts import ErasureReason
from referrals.erasing import queries
from referrals.life.use_cases.finish import withdraw


def erase(session: Session, actor: Actor, client_id: UUID, reason: ErasureReason, *, version: int) -> None:
    """Destroy the client's key and every packet key of theirs, and empty what those sealed.

    What stays names nobody: a random code, dates, states, that there were permissions, the audit log. The receivers'
    own records stay theirs. Raises NotFound, NotAllowed, Conflict when somebody changed the record meanwhile.
    """
    erasure.hold_for_erasing(session, actor, client_id, version=version)
    for referral_id in queries.readable(session, actor, client_id):
        withdraw(session, actor, referral_id)
    erasure.erase(session, client_id, reason)
