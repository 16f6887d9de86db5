"""Official areas (NCDD codes): province, khan, sangkat. Never a village."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to


class Area(Base):
    __tablename__ = "areas"
    __table_args__ = (points_to("parent", "areas", "code"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None]
    name_km: Mapped[str]
    name_en: Mapped[str]
