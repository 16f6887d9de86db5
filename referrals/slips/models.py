"""The paper a client carries: found by the hash of what is printed on it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to


class Slip(Base):
    """`secrets` (code and token, sealed under the sender's key) lets the sender print it again."""

    __tablename__ = "slips"
    __table_args__ = (
        points_to("receiver_org_id sender_org_id referral_id", "referrals", "receiver_org_id sender_org_id id"),
        Index("slips_code", "receiver_org_id", "code_hash"),
        Index("slips_token", "receiver_org_id", "token_hash"),
    )

    sender_org_id: Mapped[UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[UUID] = mapped_column(primary_key=True)
    receiver_org_id: Mapped[UUID]
    code_hash: Mapped[bytes]
    token_hash: Mapped[bytes]
    secrets: Mapped[bytes]
    used_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
