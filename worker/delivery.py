"""Delivering one job: the bell at once, then each mail in a transaction of its own, then the job is closed.

Where nobody waits for a mail, the bell's transaction closes the job too.

However often this runs for the same job, and in however many workers at once, everybody is told once. (A mail server
that takes a mail and then loses the connection may get it again, under the same Message-ID.)
"""

from __future__ import annotations

import logging
from datetime import timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from orgs.staff.telling import people
from referrals.notices import queries, use_cases
from worker import handlers
from worker.channels import email, in_app
from worker.channels.email import Letter, Undeliverable, Unreachable
from worker.context import Gone, Job, Workshop

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


class Outcome(StrEnum):
    """How a job ended. It stands in the outbox until the sweep."""

    TOLD = "told"
    NOBODY = "nobody"
    TOO_LATE = "too_late"
    GAVE_UP = "gave_up"


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: half a minute, doubling up to an hour (twelve take six hours)."""
    return min(_FIRST_WAIT * (1 << min(attempts - 1, 10)), _LONGEST_WAIT)


def deliver(workshop: Workshop, job_id: UUID, *, mail: bool = True) -> None:
    """Tell everybody whom the job concerns. `mail`: False writes notices alone (for a demo's past)."""
    if ring(workshop, job_id, mail=mail):
        send_mails(workshop, job_id)


def ring(workshop: Workshop, job_id: UUID, *, mail: bool = True) -> bool:
    """Write the notices, and close the job unless mails wait to be sent; returns whether they do."""
    try:
        with workshop.on_job(job_id) as (session, job):
            outcome = _tell(session, job, mail=mail)
            if queries.waiting_mails(session, job.org_id, job.event_id):
                return True
            _finish(session, job, outcome)
    except Gone:
        _gone(job_id)
    return False


def send_mails(workshop: Workshop, job_id: UUID) -> None:
    """Send the mails that wait, until one is through the list or the server is away, and close the job."""
    try:
        with workshop.on_job(job_id) as (session, job):
            waiting = queries.waiting_mails(session, job.org_id, job.event_id)
        for notice_id in waiting:
            try:
                _send_mail(workshop, job, notice_id)
            except Unreachable as error:
                log.warning("%s: mail server, attempt %s: %s", job.ref, job.attempts, error)
                break
        _close(workshop, job)
    except Gone:
        _gone(job_id)


def _gone(job_id: UUID) -> None:
    log.debug("job %s is gone", job_id)


def _tell(session: Session, job: Job, *, mail: bool) -> Outcome:
    if job.attempts > MOST_ATTEMPTS:  # it broke whoever tried
        _drop_mails(session, job, "failed")
        return Outcome.GAVE_UP
    subject = queries.subject(session, job.sender_org_id, job.referral_id, job.event_id)
    if subject is None or not handlers.still_matters(job.kind, subject.state):
        _drop_mails(session, job, "off")
        return Outcome.TOO_LATE
    found = handlers.addressees(session, job, subject)
    in_app.tell(session, job, found, mail=mail)
    return Outcome.TOLD if found else Outcome.NOBODY


def _send_mail(workshop: Workshop, job: Job, notice_id: UUID) -> None:
    """Send one mail while its notice is locked, so that nobody else does. Raises Unreachable."""
    with workshop.on_job(job.id) as (session, _):
        staff_id = use_cases.hold_mail(session, job.org_id, notice_id)
        if staff_id is None:
            return
        reader = next(iter(people(session, job.org_id, [staff_id])), None)
        if reader is None or not reader.by_email:
            use_cases.note_mail(session, job.org_id, [notice_id], "off")
            return
        try:
            email.send(workshop.settings, Letter(reader.email, reader.language, notice_id, job.kind, job.ref))
        except Undeliverable as error:
            log.warning("%s: a mail cannot be delivered: %s", job.ref, error)
            use_cases.note_mail(session, job.org_id, [notice_id], "failed")
        else:
            use_cases.note_mail(session, job.org_id, [notice_id], "sent")


def _close(workshop: Workshop, job: Job) -> None:
    outcome = Outcome.TOLD
    with workshop.on_job(job.id) as (session, _):
        if queries.waiting_mails(session, job.org_id, job.event_id):
            if job.attempts < MOST_ATTEMPTS:
                after = {"job": job.id, "after": backoff(job.attempts)}
                session.execute(text("SELECT sec.retry_job(:job, :after)"), after)
                return
            _drop_mails(session, job, "failed")
            outcome = Outcome.GAVE_UP
            log.error("%s: mails were given up after %s attempts", job.ref, job.attempts)
        _finish(session, job, outcome)


def _finish(session: Session, job: Job, outcome: Outcome) -> None:
    session.execute(text("SELECT sec.finish_job(:job, :outcome)"), {"job": job.id, "outcome": str(outcome)})


def _drop_mails(session: Session, job: Job, became: Literal["off", "failed"]) -> None:
    use_cases.note_mail(session, job.org_id, queries.waiting_mails(session, job.org_id, job.event_id), became)
