"""What has been published, for everybody signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from referrals.uptake.models import NetworkSettings, UptakeRelease
from referrals.uptake.periods import Kind


@dataclass(frozen=True)
class ReleaseName:
    """A published period, from `starts` until before `ends`."""

    kind: str
    period: str
    starts: date
    ends: date

    @property
    def last(self) -> date:
        """The last day that belongs to it."""
        return self.ends - timedelta(days=1)


@dataclass(frozen=True)
class Frequency:
    """The steward's choice of period, and the version under which it was read."""

    kind: Kind
    version: int


def releases(session: Session) -> list[ReleaseName]:
    """Every published period, newest first."""
    rows = session.execute(
        select(UptakeRelease.kind, UptakeRelease.period, UptakeRelease.starts, UptakeRelease.ends).order_by(
            UptakeRelease.starts.desc()
        )
    )
    return [ReleaseName(*row) for row in rows]


def release(session: Session, kind: str, period: str) -> Mapping[str, Any]:
    """The frozen cut of one period, as `tree.cut` made it. Raises NotFound."""
    found: Mapping[str, Any] | None = session.scalar(
        select(UptakeRelease.tree).where(UptakeRelease.kind == kind, UptakeRelease.period == period)
    )
    if found is None:
        raise NotFound
    return found


def frequency(session: Session) -> Frequency:
    """How often uptake is published."""
    row = session.execute(select(NetworkSettings.release_kind, NetworkSettings.version)).one()
    return Frequency(Kind(row.release_kind), row.version)
