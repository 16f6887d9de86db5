"""How Celery is set, each setting with its reason. The outbox in PostgreSQL is the truth; Redis may lose everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.core.settings import Shared

RELAY, MAIL, DELIVER, DUE = "spean.relay", "spean.mail", "spean.deliver", "spean.due"
RECORDS, SWEEP, PUBLISH = "spean.records", "spean.sweep", "spean.publish"
SEAL, WITNESS, PRUNE = "spean.seal_audit", "spean.witness_audit", "spean.prune_audit"
CLOCK = "spean.clock"

TASK_LIMIT = timedelta(minutes=4)
"""A task that takes longer is stuck. Shorter than the lease of a job, so that two never hold the same one."""


def celery_settings(settings: Shared) -> dict[str, Any]:
    """The configuration of the worker, the schedule, and of those who only send."""
    return {
        "broker_url": settings.broker_url,
        # Several programs may share one Redis.
        "task_default_queue": "spean",
        # What is done is written in the outbox, in the transaction that did it.
        "result_backend": None,
        "task_ignore_result": True,
        # A message is an id: nothing that could run code, nothing about a person.
        "task_serializer": "json",
        "accept_content": ["json"],
        # A worker that dies leaves its task to the next one. Tasks bear being run twice.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        # Mail servers are slow: a worker takes no tasks ahead that another could do.
        "worker_prefetch_multiplier": 1,
        "task_time_limit": TASK_LIMIT.total_seconds(),
        # An unacknowledged message comes back after longer than any task may take.
        "broker_transport_options": {
            "visibility_timeout": 2 * TASK_LIMIT.total_seconds(),
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
        },
        # The worker may start before Redis, and outlives its restarts.
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # A lost connection does not lose the task in hand: it ends, and its message is given out again.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        # Nobody watches events; they would carry every task's arguments through Redis.
        "worker_send_task_events": False,
        "task_send_sent_event": False,
        # The same moment everywhere; crontabs of the schedule are Phnom Penh's.
        "enable_utc": True,
        "timezone": "Asia/Phnom_Penh",
        # What is printed by libraries is not ours to judge: it stays out of the log.
        "worker_redirect_stdouts": False,
    }
