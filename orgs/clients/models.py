"""An organisation's own confidential records of the people it serves. Bytes are sealed under the client's key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, desc, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import new_id


class Client(Base):
    """`facts` is a JSON object (see orgs.clients.rules.Facts); `phone_hash` is keyed per organisation.

    With `erased_at` nothing is left in it but a random code, who the worker was, and times.
    """

    __tablename__ = "clients"
    __table_args__ = (
        points_to("org_id", "organisations", "id"),
        points_to("org_id worker_id", "staff"),
        points_to("area", "areas", "code"),
        UniqueConstraint("org_id", "code"),
        CheckConstraint("erased_at IS NOT NULL OR alias IS NOT NULL OR name IS NOT NULL"),
        Index("clients_recent", "org_id", desc("updated_at"), "id"),
        Index("clients_worker", "org_id", "worker_id", desc("updated_at"), "id"),
        Index(
            "clients_archived", "archived_at", postgresql_where=text("archived_at IS NOT NULL AND erased_at IS NULL")
        ),
        Index("clients_phone", "org_id", "phone_hash", postgresql_where=text("phone_hash IS NOT NULL")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    alias: Mapped[bytes | None]
    name: Mapped[bytes | None]
    phone: Mapped[bytes | None]
    phone_hash: Mapped[bytes | None]
    reach: Mapped[bytes | None]
    facts: Mapped[bytes]
    area: Mapped[str | None]
    heard_from: Mapped[str]
    worker_id: Mapped[UUID]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class ClientNote(Base):
    """A note or a contact on a client's timeline; a clinical one is for clinicians."""

    __tablename__ = "client_notes"
    __table_args__ = (
        points_to("org_id client_id", "clients"),
        points_to("org_id staff_id", "staff"),
        Index("client_notes_client", "org_id", "client_id", desc("at"), "id"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID]
    kind: Mapped[str]
    clinical: Mapped[bool] = mapped_column(default=False, server_default="false")
    body: Mapped[bytes]
    at: Mapped[datetime]
    staff_id: Mapped[UUID]


class Episode(Base):
    """A stay in one programme, by referral or walk-in. A return is a new episode."""

    __tablename__ = "episodes"
    __table_args__ = (
        points_to("org_id client_id", "clients"),
        points_to("org_id programme_id", "programmes"),
        points_to("org_id staff_id", "staff"),
        Index("episodes_client", "org_id", "client_id", desc("started_at"), "id"),
        Index("episodes_referral", "org_id", "referral_id", postgresql_where=text("referral_id IS NOT NULL")),
        Index(
            "episodes_open",
            "org_id",
            "programme_id",
            postgresql_where=text("ended_at IS NULL AND referral_id IS NULL"),
        ),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[UUID]
    programme_id: Mapped[UUID]
    referral_id: Mapped[UUID | None]
    heard_from: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    staff_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
