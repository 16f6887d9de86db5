"""From the outbox to the workers: lease what waits, and hand out each job by its id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from worker.config import TASK_LIMIT
from worker.context import Workshop
from worker.delivery import deliver

BATCH = 200
LEASE = TASK_LIMIT + timedelta(minutes=1)
"""A job that nobody finished in this time is given out again, whatever became of its message or its worker."""


def relay(workshop: Workshop, hand_out: Callable[[UUID], None]) -> int:
    """Lease what waits, up to a batch, and hand it out; returns how many jobs there were."""
    with workshop.outside() as session:
        claimed = session.execute(
            text("SELECT job_id FROM sec.claim_jobs(:most, :lease)"), {"most": BATCH, "lease": LEASE}
        )
        jobs = list(claimed.scalars())
    for job_id in jobs:
        hand_out(job_id)
    return len(jobs)


def drain(workshop: Workshop, *, mail: bool = True) -> int:
    """Deliver everything that waits, here and now, without Celery; returns how many jobs there were."""
    done = 0
    while count := relay(workshop, lambda job_id: deliver(workshop, job_id, mail=mail)):
        done += count
    return done
