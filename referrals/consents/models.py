"""A client's permission, for one programme."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, desc, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import new_id


class ConsentRow(Base):
    """Consents of one sitting share `sitting_id`; `rank` 1 is the first choice, 2 and 3 the alternatives.

    `answers` are the keys of the programme's criteria whose answers may be told before acceptance.
    """

    __tablename__ = "consents"
    __table_args__ = (
        points_to("org_id client_id", "clients"),
        points_to("receiver_org_id programme_id", "programmes"),
        points_to("org_id witness_id", "staff"),
        points_to("org_id made_by", "staff"),
        Index("consents_sitting", "org_id", "sitting_id", "rank"),
        Index("consents_client", "org_id", "client_id", desc("given_at")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID]
    sitting_id: Mapped[UUID]
    rank: Mapped[int]
    receiver_org_id: Mapped[UUID]
    programme_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(default="referral", server_default="referral")
    categories: Mapped[list[str]]
    answers: Mapped[list[str]] = mapped_column(server_default=text("ARRAY[]::text[]"))
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    how: Mapped[str]
    witness_id: Mapped[UUID]
    wording_version: Mapped[str]
    wording_language: Mapped[str]
    able: Mapped[bool]
    assent: Mapped[bool | None]
    guardian: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    made_by: Mapped[UUID]
