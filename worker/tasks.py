"""Celery's names for the work. Each body calls one function; arguments are ids. What the schedule asks for beats."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError
from redis import RedisError

from app.core.scheduled import DUE, PRUNE, RECORDS, RELAY, SEAL, SWEEP, WITNESS, Scheduled
from worker import config, delivery, periodic
from worker import relay as outbox
from worker.context import workshop
from worker.heartbeats import beating
from worker.tally import Tally


def scheduled(task: Scheduled) -> Callable[[Callable[[], Tally | None]], Any]:
    """Make a function the Celery task of this name, with a heartbeat. It may return a tally of what failed in it."""

    def named(do: Callable[[], Tally | None]) -> Any:
        @wraps(do)
        def run() -> None:
            with beating(workshop().outside, task) as tally:
                found = do()
                if found is not None:
                    tally.tried, tally.failed = found.tried, found.failed

        return shared_task(name=task.name)(run)

    return named


@scheduled(RELAY)
def relay() -> None:
    """Tell of what waits; come back at once if there may be more."""
    with suppress(RedisError):  # a mark that stays fades by itself
        workshop().mark.clear()
    outbox.relay(
        workshop(),
        again=_again,
        mail=_by_mail,
        apart=lambda job_id: deliver.delay(str(job_id)),
    )


def _again() -> None:
    with suppress(OperationalError):  # the next beat looks all the same
        relay.delay()


def _by_mail(job_id: UUID) -> None:
    """Ask for the mails of one job. When nobody came to it before its lease ended, the outbox gives it out again."""
    mail.apply_async((str(job_id),), expires=outbox.LEASE.total_seconds())


@shared_task(name=config.MAIL)
def mail(job_id: str) -> None:
    """Send the mails of one job, whose notices are written."""
    delivery.send_mails(workshop(), UUID(job_id))


@shared_task(name=config.DELIVER)
def deliver(job_id: str) -> None:
    """Ring for one job, from the beginning, and have its mails sent by the worker for mails."""
    if delivery.ring(workshop(), UUID(job_id)):
        _by_mail(UUID(job_id))


@scheduled(DUE)
def due() -> Tally:
    """Remind and let run out; tell of it at once."""
    tally = Tally()
    if periodic.due(workshop(), tally):
        _again()
    return tally


@scheduled(RECORDS)
def records() -> None:
    """Count how programmes answer."""
    periodic.refresh_records(workshop())


@scheduled(SWEEP)
def sweep() -> Tally:
    """Clear away what was kept long enough."""
    tally = Tally()
    periodic.sweep(workshop(), tally)
    return tally


@scheduled(SEAL)
def seal_audit() -> None:
    """Chain the audit's entries."""
    periodic.seal_audit(workshop())


@scheduled(WITNESS)
def witness_audit() -> None:
    """Write down, in each organisation's audit, where its partners' audits end."""
    periodic.witness_audit(workshop())


@scheduled(PRUNE)
def prune_audit() -> None:
    """Let go of the audit's entries of more than seven years ago."""
    periodic.prune_audit(workshop())
