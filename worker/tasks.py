"""Celery's names for the work. Each body calls one function; arguments are ids. What the schedule asks for beats."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from celery.signals import worker_ready
from kombu.exceptions import OperationalError
from redis import RedisError

from app.core.scheduled import CLOCK, DUE, MAIL, PRUNE, RECORDS, RELAY, SEAL, SWEEP, WITNESS, Scheduled
from worker import clocks, config, delivery, periodic, sending
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
        again=lambda: _soon(relay),
        mail=lambda: _soon(mail),
        apart=lambda job_id: deliver.delay(str(job_id)),
    )


def _soon(task: Task[[], None]) -> None:
    with suppress(OperationalError):  # the next beat looks all the same
        task.delay()


@scheduled(MAIL)
def mail() -> None:
    """Send the mails that are due; go on in another task if that takes long."""
    if sending.send_due(workshop()):
        _soon(mail)


@shared_task(name=config.DELIVER)
def deliver(job_id: str) -> None:
    """Ring for one job, from the beginning, and have its mails sent by the worker for mails."""
    if delivery.ring(workshop(), UUID(job_id)):
        _soon(mail)


@scheduled(CLOCK)
def clock() -> Tally:
    """Say that the worker runs, and find out whether the clock is right: a wrong one shows as a failure."""
    return Tally(tried=1, failed=0 if clocks.beat(workshop()) else 1)


@worker_ready.connect
def _begin(**_: object) -> None:
    """Nothing runs out before the first comparison of the clock: ask for it at once."""
    _soon(clock)


@scheduled(DUE)
def due() -> Tally:
    """Remind and let run out; tell of it at once."""
    tally = Tally()
    if periodic.due(workshop(), tally):
        _soon(relay)
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
