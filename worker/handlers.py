"""From an event to the people who are told: one table, and what makes a piece of news too old to tell."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy.orm import Session

from orgs.programmes import queries as programmes
from orgs.staff import telling as staff
from orgs.staff.telling import Addressee
from referrals.life.events import Kind
from referrals.life.policy import Party
from referrals.life.states import State
from referrals.notices import queries
from referrals.notices.queries import Subject
from worker.context import Job

_SENDER, _RECEIVER = frozenset({Party.SENDER}), frozenset({Party.RECEIVER})
_BOTH = _SENDER | _RECEIVER

TOLD: Mapping[str, frozenset[Party]] = MappingProxyType(
    {
        Kind.SENT: _RECEIVER,
        Kind.ACCEPTED: _SENDER,
        Kind.BOOKED: _SENDER,
        Kind.WAITLISTED: _SENDER,
        Kind.DECLINED: _SENDER,
        Kind.RELEASED: _SENDER,
        Kind.ARRIVED: _SENDER,
        Kind.NO_SHOW: _SENDER,
        Kind.COMPLETED: _SENDER,
        Kind.STOPPED: _SENDER,
        Kind.CANCELLED: _RECEIVER,
        Kind.WITHDRAWN: _BOTH,
        Kind.EXPIRED: _BOTH,
        Kind.MESSAGE: _BOTH,
        Kind.HALF_TIME: _RECEIVER,
        Kind.OVERDUE: _BOTH,
        Kind.PLACE_FREE: _RECEIVER,
        Kind.REOPENED: _BOTH,
    }
)
"""Whom an event concerns: the sender's are the worker who sent it and whoever looks after the person now, the
receiver's is the programme's team.

Which of the two organisations hears of it at all was decided when the event was written (`referrals.life.events`).
"""

_REMINDERS = frozenset({Kind.HALF_TIME, Kind.OVERDUE})
_LAST_WORD = frozenset({State.WITHDRAWN, State.CANCELLED})


def still_matters(kind: str, state: str) -> bool:
    """Whether the news is worth telling now. After a withdrawal nothing is told but the withdrawal."""
    if state in _LAST_WORD:
        return kind == state
    if kind == Kind.PLACE_FREE:
        return state == State.WAITLISTED
    return kind not in _REMINDERS or state == State.SENT


def addressees(session: Session, job: Job, subject: Subject) -> list[Addressee]:
    """Who in the job's organisation is told, without whoever did it: only such as may open the referral.

    Nobody's absence, new role or handed-over client leaves a referral unheard.
    """
    sides = TOLD.get(job.kind, frozenset())
    found: dict[object, Addressee] = {}
    if Party.SENDER in sides and job.org_id == subject.sender_org_id:
        found |= _by_id(_at_sender(session, job) or staff.case_staff(session, job.org_id))
    if Party.RECEIVER in sides and job.org_id == subject.receiver_org_id:
        team = programmes.team(session, job.org_id, subject.programme_id)
        found |= _by_id(staff.people(session, job.org_id, team) or staff.case_staff(session, job.org_id))
    return [one for one in found.values() if one.staff_id != subject.done_by]


def _at_sender(session: Session, job: Job) -> list[Addressee]:
    """An outreach worker opens only what concerns their own clients: one who handed the person over is not told."""
    sent_by = queries.sending_worker(session, job.org_id, job.referral_id)
    now = queries.looks_after(session, job.referral_id) or sent_by
    asked = staff.people(session, job.org_id, {sent_by, now})
    return [one for one in asked if one.reads_all or one.staff_id == now]


def _by_id(people: list[Addressee]) -> dict[object, Addressee]:
    return {one.staff_id: one for one in people}
