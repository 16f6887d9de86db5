"""Waking the relay after a commit, so that people are told within a second and not at the next beat.

A nudge says only "look". If Redis is away it is lost, and the beat finds the outbox all the same. If Redis does not
answer, one thread in some seconds waits for it, after its person has the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import Celery
from flask import Flask, Response, after_this_request, current_app, has_app_context, has_request_context
from kombu.exceptions import OperationalError
from redis import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.breaker import Breaker
from app.core.settings import Shared
from app.http.session import DoorSession
from worker.config import RELAY, celery_settings
from worker.mark import WAIT_S, Mark

log = logging.getLogger(__name__)

_KEY = "spean_nudge"
_STALE_S = 10
_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0} | dict.fromkeys(
    ("socket_connect_timeout", "socket_timeout"), WAIT_S
)
"""A person waits for the page: one attempt, without the pauses that a worker would make."""
_PAUSE_S = 2.0
"""So long nobody tries again after Redis did not answer; the beat looks every five seconds all the same."""


def sender(settings: Shared) -> Celery:
    """Celery for the web: it sends, and waits for Redis no longer than a page can."""
    made = Celery("spean", set_as_current=False)
    made.conf.update(celery_settings(settings))
    made.conf.broker_transport_options |= _ONCE
    return made


def nudger(settings: Shared) -> Callable[[], None]:
    """A function that wakes the relay, and never fails."""
    celery = sender(settings)
    mark, breaker = Mark(settings), Breaker(WAIT_S, pause_s=_PAUSE_S)

    def nudge() -> None:
        if not breaker.allows():
            return
        try:
            if mark.set():
                celery.send_task(RELAY, expires=_STALE_S, retry=False)
        except (RedisError, OperationalError, OSError):
            breaker.failed()
            log.warning("the relay could not be nudged; it will look by itself")
        else:
            breaker.answered()

    return nudge


def init_nudge(app: Flask, settings: Shared) -> None:
    """Nudge after each commit of `app` in which somebody is to be told; within a request, once it is answered."""
    app.extensions[_KEY] = nudger(settings)


@event.listens_for(DoorSession, "after_commit")
def _after_commit(session: Session) -> None:
    if not (session.info.pop("told", False) and has_app_context() and _KEY in current_app.extensions):
        return
    nudge: Callable[[], None] = current_app.extensions[_KEY]
    if has_request_context():
        after_this_request(lambda answer: _when_answered(answer, nudge))
    else:
        nudge()


def _when_answered(answer: Response, nudge: Callable[[], None]) -> Response:
    """The person has their answer first: nobody waits for Redis."""
    answer.call_on_close(nudge)
    return answer
