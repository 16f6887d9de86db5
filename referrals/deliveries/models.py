"""One person to be told of one event by one channel, and what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, desc, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import ordered_id
from referrals.deliveries.rules import State

_WAITING = text("state IN ('queued', 'parked')")
_TROUBLED = text("state IN ('queued', 'failed') AND reason IS NOT NULL")


class Delivery(Base):
    """`state` and `reason` are `referrals.deliveries.rules`'. The database's functions alone change a row."""

    __tablename__ = "deliveries"
    __table_args__ = (
        points_to("org_id staff_id", "staff"),
        UniqueConstraint("org_id", "staff_id", "event_id", "channel"),
        CheckConstraint("state IN ('queued', 'sent', 'failed', 'parked', 'dropped')"),
        Index("deliveries_waiting", "channel", "next_at", postgresql_where=_WAITING),
        Index("deliveries_referral", "referral_id", postgresql_where=_WAITING),
        Index("deliveries_troubled", "channel", "changed_at", postgresql_where=_TROUBLED),
        Index("deliveries_failed", "org_id", desc("changed_at"), "id", postgresql_where=text("state = 'failed'")),
        Index("deliveries_done", "changed_at", postgresql_where=text("state IN ('sent', 'dropped')")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=ordered_id)
    staff_id: Mapped[UUID]
    event_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    kind: Mapped[str]
    ref: Mapped[str]
    at: Mapped[datetime]
    channel: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=State.QUEUED)
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    leased_until: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
