"""From the outbox to the people: lease what waits, ring their bells, and hand over whatever takes long."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from worker.context import Workshop
from worker.delivery import ring
from worker.sending import send_due

BATCH = 20
"""As many as are told in a tenth of a second or two: whoever comes after does not wait long for a worker."""
LEASE = timedelta(seconds=20)
"""A job that nobody finished in this time is given out again, whatever became of its message or its worker.

Ringing takes milliseconds and bears being done twice.
"""


@dataclass(frozen=True)
class Leased:
    """A job, and how often it was leased, this time included."""

    id: UUID
    attempts: int

    @property
    def was_tried(self) -> bool:
        """Somebody had it before and did not finish: they were ended, or it broke them."""
        return self.attempts > 1


def lease(workshop: Workshop) -> list[Leased]:
    """What waits longest, up to a batch."""
    with workshop.outside() as session:
        claim = text("SELECT job_id, attempts FROM sec.claim_jobs(:most, :lease)")
        return [Leased(*row) for row in session.execute(claim, {"most": BATCH, "lease": LEASE})]


def relay(
    workshop: Workshop, *, again: Callable[[], object], mail: Callable[[], object], apart: Callable[[UUID], object]
) -> None:
    """Ring for a batch of what waits.

    `again`: there may be more, somebody should look at once. `mail`: mails wait to be sent, which takes as long as mail
    servers like. `apart`: ring for this one by itself; so goes what was tried before, since a job that breaks its
    worker should take no others along, and the rest of a batch in which ringing fails.
    """
    jobs = deque(lease(workshop))
    if len(jobs) == BATCH:
        again()
    waiting = False
    try:
        while jobs:
            job = jobs.popleft()
            if job.was_tried:
                apart(job.id)
            else:
                waiting |= ring(workshop, job.id)
    finally:
        for job in jobs:
            apart(job.id)
        if waiting:
            mail()


def drain(workshop: Workshop, *, mail: bool = True) -> int:
    """Tell of everything that waits, here and now, without Celery; returns how many jobs there were."""
    done = 0
    while jobs := lease(workshop):
        for job in jobs:
            ring(workshop, job.id, mail=mail)
        done += len(jobs)
    while mail and send_due(workshop):
        pass
    return done
