"""Who read or did what, kept in rows that can only be added. Search words are never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, desc
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.context import Actor
from app.core.db import Base, points_to
from app.core.ids import ordered_id
from app.core.rows import later


class AuditRow(Base):
    __tablename__ = "audit_log"
    __table_args__ = (
        points_to("org_id", "organisations", "id"),
        Index("audit_log_at", "org_id", desc("at"), "id"),
        Index("audit_log_subject", "org_id", "subject_id", desc("at")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ordered_id)
    at: Mapped[datetime]
    staff_id: Mapped[UUID | None]
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID | None]
    ref: Mapped[str | None]
    outcome: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column()


def record(
    session: Session,
    actor: Actor,
    action: str,
    *,
    subject: str,
    subject_id: UUID | None = None,
    ref: str | None = None,
    outcome: str = "done",
    **detail: str | int | bool | None,
) -> None:
    """Add one row in the transaction of what it records. `action` is `subject.verb`; no personal data in `detail`.

    It is written right before the transaction is committed, and nothing of it is committed without.
    """
    row = {
        "org_id": actor.org_id,
        "id": ordered_id(),
        "at": clock.now(),
        "staff_id": actor.staff_id,
        "action": action,
        "subject": subject,
        "subject_id": subject_id,
        "ref": ref,
        "outcome": outcome,
        "detail": detail,
    }
    later(session, (AuditRow, [row]))
