"""The web looks whether the scheduled tasks run, and sends the alarm itself: the worker may be what is dead.

At most once a minute in each process, whichever request comes (the launcher asks for `/up` every half minute), in a
thread of its own with a connection of its own, so that nobody's page waits and a full pool does not silence it. Which
process tells whom is decided in the database.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock, Thread
from typing import Literal

from flask import Flask, Response, current_app
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.core import db
from app.core.breaker import Breaker
from app.core.logs import told
from app.core.settings import WebSettings
from referrals.status import use_cases
from referrals.status.use_cases import Alert
from worker.channels import alarm_mail
from worker.channels.failures import Deferred, Undeliverable, Unreachable

log = logging.getLogger(__name__)

EVERY_S = 60.0
_ANSWER_S = 5.0
"""So long the database may say nothing before this look is given up."""
_PATIENT = text("SELECT set_config('statement_timeout', '5s', true), set_config('lock_timeout', '2s', true)")


def init_alarm(app: Flask, settings: WebSettings) -> None:
    """Look along with the app's requests. In tests only who calls `Alarm.look` does: they count what is asked."""
    alarm = Alarm(settings)

    def along(answer: Response) -> Response:
        if not current_app.testing:
            alarm.wake()
        return answer

    app.after_request(along)


class Alarm:
    """One process's watch over the scheduled tasks."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._looked = time.monotonic()
        self._next = 0.0
        self._busy = Lock()

    def wake(self) -> None:
        """Look in a thread of its own, unless this process did so within the minute or still does."""
        if time.monotonic() < self._next or not self._busy.acquire(blocking=False):
            return
        self._next = time.monotonic() + EVERY_S
        Thread(target=self._look, name="alarm", daemon=True).start()

    def _look(self) -> None:
        try:
            self.look()
        except Exception as error:  # noqa: BLE001 - the next look is in a minute, whatever this one met
            log.warning("it could not be seen whether all is well: %s", told(error))
        finally:
            self._busy.release()

    def look(self) -> None:
        """Judge the tasks, and send the mails that are to be sent. Raises what the database raises."""
        with self._connected() as engine:
            now = time.monotonic()
            with _working(engine) as session:
                use_cases.look(session, timedelta(seconds=now - self._looked))
            self._looked = now
            with _working(engine) as session:
                alerts = use_cases.claim_alerts(session)
            for alert in alerts:
                self._tell(engine, alert)

    def _tell(self, engine: Engine, alert: Alert) -> None:
        became: Literal["sent", "failed"] = "sent"
        try:
            alarm_mail.send(self._settings, alert)
        except Undeliverable as error:
            log.warning("a steward's mail cannot be delivered: %s", error)
            became = "failed"
        except (Unreachable, Deferred) as error:  # it is given out again
            log.warning("the alarm could not be sent: %s", error)
            return
        with _working(engine) as session:
            use_cases.note_alert(session, alert, became)

    @contextmanager
    def _connected(self) -> Iterator[Engine]:
        engine = db.engine(self._settings.web_url, size=1, breaker=Breaker(_ANSWER_S, pause_s=0))
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def _working(engine: Engine) -> Iterator[Session]:
    """A transaction that entered nowhere, and waits for nothing long."""
    with db.LeanSession(engine) as session, db.transaction(session):
        session.execute(_PATIENT)
        yield session
