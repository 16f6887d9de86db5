"""What happened to a referral and what was said about it, as it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import LargeBinary, Select, Text, Uuid, bindparam, cast, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.core.db import remembered
from app.core.rows import waiting
from referrals.life.models import Message, Referral, ReferralEvent
from referrals.life.scope import Scoped


class Entry(NamedTuple):
    """An event (`happened`) or a message, and whose it is. A message is a fixed word (`code`) or sealed (`body`)."""

    id: UUID
    kind: str
    at: datetime
    org_id: UUID | None
    staff_id: UUID | None
    detail: dict[str, Any]
    happened: bool = True
    code: str | None = None
    body: bytes | None = None


def story(session: Session, found: Scoped) -> Sequence[Entry]:
    """Everything about a referral, the oldest first: one statement for each time it has changed."""
    row = found.referral

    def read() -> list[Entry]:
        rows = session.execute(_wanted(), {"sender": row.sender_org_id, "referral": row.id})
        return sorted((*(Entry(*one) for one in rows), *_new(session, row)), key=lambda one: (one.at, one.id))

    return remembered(session, _state_of(row), read)


def begin(session: Session, referral: Referral) -> None:
    """The story of a referral that was made just now: nothing of it need be asked for."""
    remembered(session, _state_of(referral), lambda: _new(session, referral))


def _new(session: Session, row: Referral) -> list[Entry]:
    """What happened in this transaction, and is written when it commits."""
    names = ("id", "kind", "at", "by_org_id", "by_staff_id", "detail")
    events = (event for event in waiting(session, ReferralEvent) if event["referral_id"] == row.id)
    return [Entry(*(event[name] for name in names)) for event in events]


def _state_of(row: Referral) -> tuple[object, ...]:
    return "story", row.id, row.state, row.version, row.updated_at


@cache
def _wanted() -> Select[*tuple[Any, ...]]:
    """Written once for the process, like every statement that a step asks."""
    sender, referral = bindparam("sender", type_=Uuid), bindparam("referral", type_=Uuid)
    happened = select(
        ReferralEvent.id, ReferralEvent.kind, ReferralEvent.at, ReferralEvent.by_org_id.label("org_id"),
        ReferralEvent.by_staff_id.label("staff_id"), ReferralEvent.detail, literal(True).label("happened"),
        cast(null(), Text).label("code"), cast(null(), LargeBinary).label("body"),
    ).where(ReferralEvent.sender_org_id == sender, ReferralEvent.referral_id == referral)  # fmt: skip
    said = select(
        Message.id, Message.kind, Message.at, Message.from_org_id, Message.staff_id, cast(null(), JSONB),
        literal(False), Message.code, Message.body,
    ).where(Message.sender_org_id == sender, Message.referral_id == referral)  # fmt: skip
    return select(union_all(happened, said).subquery())
