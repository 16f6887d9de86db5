"""What the schedule does: reminders and expiry one referral at a time, and the work of the whole house."""

from __future__ import annotations

import logging
from uuid import UUID

from sqlalchemy import text

from app.core.errors import Conflict, NotFound
from orgs.clients.use_cases import erasure
from referrals.life.use_cases import finish as life
from worker import clocks
from worker.context import Gone, Workshop
from worker.tally import Tally

log = logging.getLogger(__name__)

_BATCH = 500
_SEALED_AT_ONCE = 2000
_SWEEPS = ("sec.destroy_closed", "sec.close_lapsed", "sec.sweep", "sec.sweep_deliveries", "sec.sweep_errors")
_LATE_SEAL = 300
"""Seconds after which an entry that nobody sealed is worth a warning."""


def due(workshop: Workshop, tally: Tally | None = None) -> int:
    """Remind of what waits for an answer, and let run out what nobody answered or came for; returns how many.

    One that fails is logged and counted in `tally`, and does not hold up the others; the next beat tries it again. None
    is, while the clock is not right.
    """
    tally = tally or Tally()
    if not clocks.beat(workshop):
        return 0
    with workshop.outside() as session:
        found = session.execute(
            text("SELECT sender_org_id, referral_id FROM sec.due_referrals(:most)"), {"most": _BATCH}
        ).all()
    return sum(_follow_up(workshop, sender_org_id, referral_id, tally) for sender_org_id, referral_id in found)


def _follow_up(workshop: Workshop, sender_org_id: UUID, referral_id: UUID, tally: Tally) -> bool:
    tally.tried += 1
    try:
        with workshop.on_due(sender_org_id, referral_id) as (session, actor, what):
            if what == "expire":
                life.expire(session, actor, referral_id)
            else:
                life.remind(session, actor, referral_id, what)
    except (Gone, Conflict):  # somebody was faster
        return False
    except Exception:
        log.exception("referral %s could not be followed up", referral_id)
        tally.failed += 1
        return False
    return True


def refresh_records(workshop: Workshop) -> int:
    """Count anew how programmes answered; returns how many have a record."""
    with workshop.outside() as session:
        return int(session.execute(text("SELECT sec.refresh_records()")).scalar_one())


def sweep(workshop: Workshop, tally: Tally | None = None) -> int:
    """Destroy what was closed or outlived its time 24 hours of running ago (`orgs.retention.rules`); returns how many.

    Nothing, while the clock is not right.
    """
    tally = tally or Tally()
    if not clocks.beat(workshop):
        return 0
    rows = sum(_until_none_is_left(workshop, kind) for kind in _SWEEPS)
    return rows + sum(_erase_due(workshop, org_id, client_id, tally) for org_id, client_id in _due(workshop))


def _until_none_is_left(workshop: Workshop, function: str) -> int:
    """In small transactions, so that nobody waits for a long one."""
    gone, went = 0, 1
    while went:
        with workshop.outside() as session:
            went = int(session.execute(text(f"SELECT {function}(:most)"), {"most": _BATCH}).scalar_one())
        gone += went
    return gone


def _due(workshop: Workshop) -> list[tuple[UUID, UUID]]:
    with workshop.outside() as session:
        rows = session.execute(text("SELECT org_id, client_id FROM sec.due_clients(:most)"), {"most": _BATCH}).all()
    return [(row.org_id, row.client_id) for row in rows]


def _erase_due(workshop: Workshop, org_id: UUID, client_id: UUID, tally: Tally) -> bool:
    """Erase one client whose time has come, in a transaction of its own. A failure does not hold up the others."""
    tally.tried += 1
    try:
        with workshop.on_due_client(org_id, client_id) as session:
            erasure.erase(session, client_id, erasure.RETENTION)
    except (Gone, NotFound):  # somebody was faster, or wrote in the record
        return False
    except Exception:
        log.exception("client %s could not be erased", client_id)
        tally.failed += 1
        return False
    return True


def seal_audit(workshop: Workshop) -> int:
    """Chain what waits in the audit, in batches of their own transactions; returns how many entries.

    Another sealer's organisations are left to it, and what is written meanwhile to the next beat.
    """
    sealed = 0
    with workshop.outside() as session:
        waiting, seconds = session.execute(text("SELECT * FROM sec.audit_lag()")).one()
    if seconds > _LATE_SEAL:
        log.warning("%s entries of the audit waited to be sealed, the first for %s seconds", waiting, seconds)
    while sealed < waiting:
        with workshop.outside() as session:
            batch = session.execute(text("SELECT sec.seal_audit(:most)"), {"most": _SEALED_AT_ONCE}).scalar_one()
        if not batch:
            break
        sealed += batch
    return sealed


def witness_audit(workshop: Workshop) -> int:
    """Once a day: each organisation notes a commitment to its partners' heads; returns how many were noted."""
    seal_audit(workshop)
    with workshop.outside() as session:
        return int(session.execute(text("SELECT sec.witness_audit()")).scalar_one())


def prune_audit(workshop: Workshop) -> int:
    """Let go of entries that are older than seven years, leaving a checkpoint; returns how many went."""
    if not clocks.beat(workshop):
        return 0
    with workshop.outside() as session:
        return int(session.execute(text("SELECT sec.prune_audit(:most)"), {"most": _BATCH * 20}).scalar_one())
