"""Publishing closed periods, and the steward's choice of how long they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import audit
from app.core.context import Actor
from app.core.errors import Conflict
from referrals.uptake import rules
from referrals.uptake.measures import Measure
from referrals.uptake.models import NetworkSettings, UptakeFact, UptakeRelease
from referrals.uptake.periods import Kind, Period, period_of
from referrals.uptake.tree import Fact, cut

SETTLING = timedelta(hours=1)
"""A period is cut this long after its end, when whatever was under way at midnight is stored."""
_LOCK = 0x5350_4541  # any number that nothing else locks
_RELEASES = select(UptakeRelease.kind, UptakeRelease.starts)


def publish_closed(session: Session, now: datetime) -> list[str]:
    """Publish every closed period that has no release, on the publisher's connection; returns their names.

    Safe to run again and at the same time elsewhere: what is published is never touched.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    published = [period_of(starts, Kind(kind)) for kind, starts in session.execute(_RELEASES)]
    first = session.scalar(select(func.min(UptakeFact.day)))
    if first is None:
        return []
    kind = Kind(session.scalars(select(NetworkSettings.release_kind)).one())
    due = rules.next_periods(now - SETTLING, kind, since=first, published=published)
    for period in due:
        session.add(_release(session, period, now))
    session.flush()
    return [period.name for period in due]


def choose_kind(session: Session, actor: Actor, *, kind: str, version: int) -> None:
    """Publish months or quarters from now on. Raises NotAllowed unless a steward asks, Invalid, Conflict."""
    rules.check_may_choose(actor)
    chosen = rules.check_kind(kind)
    row = session.scalars(select(NetworkSettings).with_for_update()).one()
    if row.version != version:
        raise Conflict
    row.release_kind, row.version = chosen.value, row.version + 1
    session.flush()
    audit.record(session, actor, "network.frequency", subject="network", kind=chosen.value)


def _release(session: Session, period: Period, now: datetime) -> UptakeRelease:
    return UptakeRelease(
        kind=period.kind.value,
        period=period.name,
        starts=period.starts,
        ends=period.ends,
        made_at=now,
        tree=cut(_facts(session, period.starts, period.ends)),
    )


def _facts(session: Session, starts: date, ends: date) -> Iterator[Fact]:
    """Each client once for each measure and place."""
    rows = session.execute(
        select(
            UptakeFact.measure,
            UptakeFact.pseudonym,
            UptakeFact.khan,
            UptakeFact.service,
            UptakeFact.sangkat,
            UptakeFact.source,
        )
        .distinct()
        .where(UptakeFact.day >= starts, UptakeFact.day < ends, UptakeFact.measure.in_([*Measure]))
    )
    for measure, client, khan, service, sangkat, source in rows:
        yield Fact(Measure(measure), client, khan, service, sangkat, source)
