"""What an organisation chose for itself."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to


class RetentionChoice(Base):
    """For how many years an archived client is kept."""

    __tablename__ = "retention_choices"
    __table_args__ = (
        points_to("org_id", "organisations", "id"),
        CheckConstraint("client_years BETWEEN 1 AND 15"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_years: Mapped[int]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
