"""How Celery is set, each setting with its reason. The outbox in PostgreSQL is the truth; Redis may lose everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.core import scheduled
from app.core.settings import Shared

RELAY, MAIL, DUE, DELIVER = scheduled.RELAY.name, scheduled.MAIL.name, scheduled.DUE.name, "spean.deliver"
RECORDS, SWEEP = scheduled.RECORDS.name, scheduled.SWEEP.name
SEAL, WITNESS, PRUNE = scheduled.SEAL.name, scheduled.WITNESS.name, scheduled.PRUNE.name

QUEUE, MAIL_QUEUE = "spean", "spean.mail"
"""Mails wait in a queue of their own, for a worker of their own: a mail server that hangs holds up nothing else."""

TASK_LIMIT = timedelta(minutes=4)
"""A task that takes longer is stuck."""


def celery_settings(settings: Shared) -> dict[str, Any]:
    """The configuration of the worker, the schedule, and of those who only send."""
    return {
        "broker_url": settings.broker_url,
        # Several programs may share one Redis.
        "task_default_queue": QUEUE,
        # A worker that is started without naming its queues takes both.
        "task_queues": {name: {"exchange": name, "routing_key": name} for name in (QUEUE, MAIL_QUEUE)},
        "task_routes": {MAIL: {"queue": MAIL_QUEUE}},
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
        # An unacknowledged message comes back after longer than any task may take. Nobody waits for it: what a killed
        # worker held, the outbox gives out again when its lease ends, and the schedule asks again for all else.
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
