"""Areas by name: the khans of the city, their sangkats, and the name behind a code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from orgs.areas.models import Area

KHAN_DIGITS = 4


@dataclass(frozen=True)
class AreaName:
    """An official area: NCDD code, the code of what it lies in, and its name in both languages."""

    code: str
    parent: str | None
    km: str
    en: str

    @property
    def names(self) -> dict[str, str]:
        """For the template filter `in_language`."""
        return {"km": self.km, "en": self.en}


def khans(session: Session) -> list[AreaName]:
    """Every khan, in the order of their codes."""
    return _areas(session, Area.code.regexp_match("^[0-9]{4}$"))


def sangkats(session: Session, khan: str | None = None) -> list[AreaName]:
    """The sangkats of one khan, or all of them, in the order of their codes."""
    if khan is None:
        return _areas(session, Area.code.regexp_match("^[0-9]{6}$"))
    return _areas(session, Area.parent == khan)


def area_names(session: Session, codes: Iterable[str | None]) -> dict[str, AreaName]:
    """The areas behind these codes; unknown codes and None are left out."""
    wanted = {code for code in codes if code}
    return {area.code: area for area in _areas(session, Area.code.in_(wanted))} if wanted else {}


def khan_of(code: str | None) -> str | None:
    """The khan in which a sangkat lies (a khan lies in itself): the code's first four digits."""
    return code[:KHAN_DIGITS] if code and len(code) >= KHAN_DIGITS else None


def _areas(session: Session, condition: ColumnElement[bool]) -> list[AreaName]:
    rows = session.execute(
        select(Area.code, Area.parent, Area.name_km, Area.name_en).where(condition).order_by(Area.code)
    )
    return [AreaName(*row) for row in rows]
