"""A referral that is not sent yet: only its sender has it, sealed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, desc, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import new_id


class Draft(Base):
    """`body` is the JSON of referrals.sending.rules.DraftBody, sealed under the client's key.

    With `sitting_id` the first choice has been sent, and this is kept to send to that sitting's alternatives.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        points_to("org_id client_id", "clients"),
        points_to("org_id staff_id", "staff"),
        Index("drafts_staff", "org_id", "staff_id", desc("updated_at")),
        Index("drafts_sitting", "org_id", "sitting_id", postgresql_where=text("sitting_id IS NOT NULL")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID]
    staff_id: Mapped[UUID]
    sitting_id: Mapped[UUID | None]
    body: Mapped[bytes]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
