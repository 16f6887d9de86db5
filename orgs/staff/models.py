"""Organisations, the people who work in them, and the invitations by which they came."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import new_id


class Organisation(Base):
    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    prefix: Mapped[str]
    name_km: Mapped[str]
    name_en: Mapped[str]
    area: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    public_key: Mapped[bytes]
    key_version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Staff(Base):
    __tablename__ = "staff"
    __table_args__ = (points_to("org_id", "organisations", "id"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    roles: Mapped[list[str]]
    language: Mapped[str] = mapped_column(default="km", server_default="km")
    notify_email: Mapped[bool] = mapped_column(default=True, server_default="true")
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class Invite(Base):
    __tablename__ = "invites"
    __table_args__ = (
        points_to("org_id", "organisations", "id"),
        points_to("org_id staff_id", "staff"),
        Index("invites_token", "token_hash"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes]
    roles: Mapped[list[str]]
    staff_id: Mapped[UUID | None]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
