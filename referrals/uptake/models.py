"""Facts to be counted, and the frozen cuts that are published of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.ids import new_id


class UptakeFact(Base):
    """One client (by pseudonym) counted once in a period, place, service and measure. Only the publisher reads it."""

    __tablename__ = "uptake_facts"
    __table_args__ = (Index("uptake_facts_day", "day"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    day: Mapped[date]
    khan: Mapped[str | None]
    sangkat: Mapped[str | None]
    service: Mapped[str | None]
    measure: Mapped[str]
    source: Mapped[str | None]
    pseudonym: Mapped[bytes]


class UptakeRelease(Base):
    """A closed period as it was published, from `starts` until before `ends`. It never changes.

    No two overlap, of whatever kind: a quarter less its months would give away what the months were too small to show.
    """

    __tablename__ = "uptake_releases"
    __table_args__ = (
        ExcludeConstraint((text("daterange(starts, ends)"), "&&"), name="uptake_releases_never_overlap", using="gist"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    starts: Mapped[date]
    ends: Mapped[date]
    made_at: Mapped[datetime]
    tree: Mapped[dict[str, Any]]


class NetworkSettings(Base):
    """The one row of choices that the steward makes for everybody."""

    __tablename__ = "network_settings"

    one: Mapped[bool] = mapped_column(primary_key=True, default=True, server_default="true")
    release_kind: Mapped[str] = mapped_column(default="quarter", server_default="quarter")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
