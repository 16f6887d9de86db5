"""Sending mails: each due delivery by itself, held while it is handed over, and what became of it kept.

Any number of workers may do this at once: a delivery is leased to one of them, and its row is locked while it is sent.
Whoever is killed leaves it to the next as soon as the lease ends. (A mail server that takes a mail and then loses the
connection may get it again, under the same Message-ID.)
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from orgs.staff.telling import people
from referrals.deliveries import use_cases as deliveries
from referrals.deliveries.rules import EMAIL, MOST_ATTEMPTS, Reason, Refusal, State, backoff
from worker import handlers
from worker.channels import email
from worker.channels.email import Letter
from worker.channels.failures import Deferred, Undeliverable, Unreachable
from worker.context import Delivery, Gone, Workshop

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
"""Between claiming a delivery and locking its row lie milliseconds; while it is sent, the lock holds it."""
LONGEST = timedelta(minutes=1)
"""After so long a task ends and another one goes on, well before it would be taken for late or stuck."""


def send_due(workshop: Workshop, longest: timedelta = LONGEST) -> bool:
    """Send what is due until nothing is left or the server is away; returns whether the time ran out first."""
    until = time.monotonic() + longest.total_seconds()
    while time.monotonic() < until:
        claimed = claim(workshop)
        if claimed is None:
            return False
        send(workshop, *claimed)
    return True


def claim(workshop: Workshop) -> tuple[UUID, UUID] | None:
    """Lease the delivery that has waited longest: its organisation and its id."""
    with workshop.outside() as session:
        asked = text("SELECT org_id, delivery_id FROM sec.claim_delivery(:channel, :lease)")
        row = session.execute(asked, {"channel": EMAIL, "lease": LEASE}).one_or_none()
        return None if row is None else (row.org_id, row.delivery_id)


def send(workshop: Workshop, org_id: UUID, delivery_id: UUID) -> None:
    """Send one leased delivery. A failure of ours does not hold up the others: it is tried again later."""
    try:
        with workshop.on_delivery(org_id, delivery_id) as (session, delivery):
            _send(workshop, session, delivery)
    except Gone:
        log.debug("delivery %s is gone", delivery_id)
    except SQLAlchemyError:  # no word to the database now: the lease ends by itself
        raise
    except Exception:
        log.exception("delivery %s could not be sent", delivery_id)
        _keep_error(workshop, org_id, delivery_id)


def _send(workshop: Workshop, session: Session, delivery: Delivery) -> None:
    if delivery.attempts > MOST_ATTEMPTS:  # it broke whoever tried
        _refused(session, delivery, Deferred(Reason.TOO_MANY_ATTEMPTS))
        return
    letter = _letter(session, delivery)
    if isinstance(letter, Reason):
        deliveries.keep_dropped(session, delivery.id, letter)
        return
    try:
        email.send(workshop.settings, letter)
    except Unreachable as error:
        log.warning("%s: the mail server is away: %s", delivery.ref, error)
        deliveries.keep_parked(session, delivery.id, error.reason)
    except (Deferred, Undeliverable) as error:
        log.warning("%s: a mail was not taken at attempt %s: %s", delivery.ref, delivery.attempts, error)
        _refused(session, delivery, error)
    else:
        deliveries.keep_sent(session, delivery.id)


def _letter(session: Session, delivery: Delivery) -> Letter | Reason:
    """The mail, or why nobody needs it any more. The address and whether mail is wanted are read now."""
    reader = next(iter(people(session, delivery.org_id, [delivery.staff_id])), None)
    if reader is None:
        return Reason.LEFT
    if not reader.by_email:
        return Reason.SWITCHED_OFF
    state = delivery.referral_state
    if delivery.notice_id is None or state is None or not handlers.still_matters(delivery.kind, state):
        return Reason.TOO_LATE
    return Letter(reader.email, reader.language, delivery.notice_id, delivery.kind, delivery.ref)


def _refused(session: Session, delivery: Delivery, error: Deferred | Undeliverable) -> None:
    """Of this recipient alone, as far as one can tell. Where it failed for good, the person is told in the bell."""
    became = deliveries.keep_refused(session, delivery.id, _refusal(delivery.attempts, error))
    if became is State.FAILED:
        deliveries.tell_of_failure(session, delivery.org_id, delivery.staff_id, delivery.referral_id, delivery.ref)


def _refusal(attempts: int, error: Deferred | Undeliverable) -> Refusal:
    if isinstance(error, Undeliverable):
        return Refusal(error.reason, again=None, doubtful=error.doubtful)
    if attempts >= MOST_ATTEMPTS:
        return Refusal(Reason.TOO_MANY_ATTEMPTS, again=None, doubtful=True)
    return Refusal(error.reason, again=backoff(attempts), doubtful=True)


def _keep_error(workshop: Workshop, org_id: UUID, delivery_id: UUID) -> None:
    try:
        with workshop.on_delivery(org_id, delivery_id) as (session, delivery):
            _refused(session, delivery, Deferred(Reason.OUR_ERROR))
    except Gone:
        log.debug("delivery %s is gone", delivery_id)
