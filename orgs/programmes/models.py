"""The directory: programmes, their teams, and how they have answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, Index, desc, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to
from app.core.ids import new_id

_OPENINGS = (
    "CASE WHEN capacity IS NULL THEN 'open' WHEN taken >= capacity THEN 'full'"
    " WHEN capacity - taken <= greatest(1, capacity / 5) THEN 'nearly_full' ELSE 'open' END"
)


class Programme(Base):
    """A service in the directory. `openings` is what others see of how full it is.

    `taken` is kept by the database where there is a capacity: accepted and arrived referrals, and walk-ins.
    """

    __tablename__ = "programmes"
    __table_args__ = (
        points_to("org_id", "organisations", "id"),
        points_to("area", "areas", "code"),
        Index("programmes_service", "service", "org_id", "id", postgresql_where=text("published")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    service: Mapped[str]
    name_km: Mapped[str]
    name_en: Mapped[str]
    about_km: Mapped[str] = mapped_column(default="", server_default="")
    about_en: Mapped[str] = mapped_column(default="", server_default="")
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    openings: Mapped[str] = mapped_column(Computed(_OPENINGS, persisted=True))
    hours: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    meeting_point_km: Mapped[str] = mapped_column(default="", server_default="")
    meeting_point_en: Mapped[str] = mapped_column(default="", server_default="")
    languages: Mapped[list[str]] = mapped_column(server_default=text("ARRAY['km']"))
    response_minutes: Mapped[int]
    funding: Mapped[str] = mapped_column(default="", server_default="")
    area: Mapped[str | None]
    published: Mapped[bool] = mapped_column(default=False, server_default="false")
    accepting: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class TeamMember(Base):
    """Who is told of a programme's referrals."""

    __tablename__ = "programme_team"
    __table_args__ = (
        points_to("org_id programme_id", "programmes"),
        points_to("org_id staff_id", "staff"),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)


class ResponseRecord(Base):
    """How the referrals of the last half year were answered whose time is over; there is no row below ten of them.

    Minutes are working minutes; None where nothing was answered.
    """

    __tablename__ = "programme_records"
    __table_args__ = (points_to("org_id programme_id", "programmes"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[UUID] = mapped_column(primary_key=True)
    asked: Mapped[int]
    answered: Mapped[int]
    in_time: Mapped[int]
    median_minutes: Mapped[int | None]
    made_at: Mapped[datetime]


class OverCapacity(Base):
    """A place that was given although all were taken, and why: a word from a list (`rules.OverReason`).

    `staff_id` is None where nobody of the staff gave it (`rules.REOPENED`).
    """

    __tablename__ = "over_capacity"
    __table_args__ = (
        points_to("org_id programme_id", "programmes"),
        points_to("org_id staff_id", "staff"),
        Index("over_capacity_programme", "org_id", "programme_id", desc("at")),
    )

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme_id: Mapped[UUID]
    at: Mapped[datetime]
    reason: Mapped[str]
    ref: Mapped[str | None]
    staff_id: Mapped[UUID | None]
