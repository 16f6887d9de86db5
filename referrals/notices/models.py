"""What a person is told: a reference and what kind of thing happened, nothing more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, desc, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import ordered_id


class Notification(Base):
    """One person, one event: of a referral, or of a programme that its manager is told of.

    Whether a mail goes out too is a matter of deliveries (`referrals.deliveries`).
    """

    __tablename__ = "notifications"
    __table_args__ = (
        points_to("org_id staff_id", "staff"),
        points_to("org_id programme_id", "programmes"),
        UniqueConstraint("org_id", "staff_id", "event_id"),
        Index("notifications_staff", "org_id", "staff_id", desc("at"), "id"),
        Index("notifications_unread", "org_id", "staff_id", postgresql_where=text("read_at IS NULL")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ordered_id)
    staff_id: Mapped[UUID]
    event_id: Mapped[UUID]
    referral_id: Mapped[UUID | None]
    programme_id: Mapped[UUID | None]
    kind: Mapped[str]
    ref: Mapped[str]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
