"""Telling of one event: the bell, and a queued delivery for each mail, in one transaction that closes the job.

However often this runs for the same job, and in however many workers at once, everybody is told once. What takes as
long as mail servers like is sent apart (`worker.sending`).
"""

from __future__ import annotations

import logging
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from referrals.deliveries.rules import MOST_ATTEMPTS
from referrals.notices import queries
from worker import handlers
from worker.channels import in_app
from worker.context import Gone, Job, Workshop

log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """How a job ended. It stands in the outbox until the sweep."""

    TOLD = "told"
    NOBODY = "nobody"
    TOO_LATE = "too_late"
    GAVE_UP = "gave_up"
    """It broke whoever tried. The steward sees how many, and has them tried again (`sec.retry_deliveries`)."""


def ring(workshop: Workshop, job_id: UUID, *, mail: bool = True) -> bool:
    """Tell everybody whom the job concerns, and close it; returns whether mails wait to be sent.

    `mail`: False writes notices alone (for a demo's past).
    """
    try:
        with workshop.on_job(job_id) as (session, job):
            outcome, waiting = _tell(session, job, mail=mail)
            session.execute(text("SELECT sec.finish_job(:job, :outcome)"), {"job": job.id, "outcome": str(outcome)})
    except Gone:
        log.debug("job %s is gone", job_id)
        return False
    return waiting


def _tell(session: Session, job: Job, *, mail: bool) -> tuple[Outcome, bool]:
    if job.attempts > MOST_ATTEMPTS:
        log.error("%s: the bell was given up after %s attempts", job.ref, job.attempts - 1)
        return Outcome.GAVE_UP, False
    subject = queries.subject(session, job.sender_org_id, job.referral_id, job.event_id)
    if subject is None or not handlers.still_matters(job.kind, subject.state):
        return Outcome.TOO_LATE, False
    found = handlers.addressees(session, job, subject)
    waiting = in_app.tell(session, job, found, mail=mail)
    return (Outcome.TOLD if found else Outcome.NOBODY), waiting
