"""Celery's names for the work. Each body calls one function; arguments are ids."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError
from redis import RedisError

from worker import clocks, config, delivery, periodic
from worker import relay as outbox
from worker.context import workshop


@shared_task(name=config.RELAY)
def relay() -> None:
    """Tell of what waits; come back at once if there may be more."""
    with suppress(RedisError):  # a mark that stays fades by itself
        workshop().mark.clear()
    outbox.relay(
        workshop(),
        again=_again,
        mail=lambda job_id: mail.delay(str(job_id)),
        apart=lambda job_id: deliver.delay(str(job_id)),
    )


def _again() -> None:
    with suppress(OperationalError):  # the next beat looks all the same
        relay.delay()


@shared_task(name=config.MAIL)
def mail(job_id: str) -> None:
    """Send the mails of one job, whose notices are written."""
    delivery.send_mails(workshop(), UUID(job_id))


@shared_task(name=config.DELIVER)
def deliver(job_id: str) -> None:
    """Tell the people of one job, from the beginning."""
    delivery.deliver(workshop(), UUID(job_id))


@shared_task(name=config.CLOCK)
def clock() -> None:
    """Say that the worker runs, and find out whether the clock is right."""
    clocks.beat(workshop())


@shared_task(name=config.DUE)
def due() -> None:
    """Remind and let run out; tell of it at once."""
    if periodic.due(workshop()):
        relay.delay()


@shared_task(name=config.RECORDS)
def records() -> None:
    """Count how programmes answer."""
    periodic.refresh_records(workshop())


@shared_task(name=config.SWEEP)
def sweep() -> None:
    """Clear away what was kept long enough."""
    periodic.sweep(workshop())


@shared_task(name=config.PUBLISH)
def publish() -> None:
    """Publish closed periods."""
    periodic.publish(workshop())


@shared_task(name=config.SEAL)
def seal_audit() -> None:
    """Chain the audit's entries."""
    periodic.seal_audit(workshop())


@shared_task(name=config.WITNESS)
def witness_audit() -> None:
    """Write down, in each organisation's audit, where its partners' audits end."""
    periodic.witness_audit(workshop())


@shared_task(name=config.PRUNE)
def prune_audit() -> None:
    """Let go of the audit's entries of more than seven years ago."""
    periodic.prune_audit(workshop())
