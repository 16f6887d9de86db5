"""How the worker comes to act: for one leased job or delivery, or one referral or client that is due.

The worker's password alone reads job references. Each transaction enters one organisation by a function of the
database, which lets it in only for work that is waiting there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from uuid import UUID

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from app.core import clock, db
from app.core.context import Actor
from app.core.settings import WorkerSettings, load_worker
from worker.mark import Mark

_ENTER_JOB = text("SELECT now() AS now, j.* FROM sec.enter_job(:id) j")
_ENTER_DUE = text("SELECT sec.enter_due(:sender, :referral), now()")
_ENTER_CLIENT = text("SELECT sec.enter_due_client(:org, :client), now()")
"""Each with the database's time, by which is decided what follows."""


class Gone(Exception):  # noqa: N818 - words of the house
    """The job or delivery is done, leased to nobody or in another's hands, or the referral is due no longer."""


@dataclass(frozen=True)
class Job:
    """One organisation to be told of one event."""

    id: UUID
    org_id: UUID
    event_id: UUID
    sender_org_id: UUID
    referral_id: UUID
    kind: str
    ref: str
    attempts: int
    at: datetime


@dataclass(frozen=True)
class Delivery:
    """One person to be told of one event by mail. `notice_id`: the bell's, None once that is gone."""

    id: UUID
    org_id: UUID
    staff_id: UUID
    event_id: UUID
    referral_id: UUID
    kind: str
    ref: str
    at: datetime
    attempts: int
    notice_id: UUID | None
    referral_state: str | None


@dataclass(frozen=True)
class Workshop:
    """Settings, and connections that are opened when they are first needed (after a worker has forked)."""

    settings: WorkerSettings

    @cached_property
    def engine(self) -> Engine:
        """Connections under the worker's role."""
        return db.engine(self.settings.worker_url, size=2)

    @cached_property
    def mark(self) -> Mark:
        """Whether the relay has been asked to look."""
        return Mark(self.settings)

    def close(self) -> None:
        """Close the connections that were opened."""
        if "engine" in self.__dict__:
            self.engine.dispose()

    @contextmanager
    def outside(self) -> Iterator[Session]:
        """A transaction that entered nowhere: only the functions for everybody's work answer in it."""
        with db.LeanSession(self.engine) as session, db.transaction(session):
            yield session

    @contextmanager
    def on_job(self, job_id: UUID) -> Iterator[tuple[Session, Job]]:
        """A transaction in the organisation to be told. Raises Gone."""

        def enter(connection: Connection) -> Actor:
            row = connection.execute(_ENTER_JOB, {"id": job_id}).mappings().one_or_none()
            if row is None:
                raise Gone
            clock.hear(row["now"])
            session.info["job"] = Job(job_id, **{name: row[name] for name in row if name != "now"})
            return Actor(org_id=row["org_id"], org_kind="")

        with db.LeanSession(self.engine, expire_on_commit=False) as session:
            db.entering(session, enter)
            with db.transaction(session):
                db.actor(session)
                yield session, session.info["job"]

    @contextmanager
    def on_delivery(self, org_id: UUID, delivery_id: UUID) -> Iterator[tuple[Session, Delivery]]:
        """A transaction in the organisation of one leased delivery, which nobody else holds meanwhile. Raises Gone."""

        def enter(connection: Connection) -> Actor:
            asked = {"org": org_id, "id": delivery_id}
            row = connection.execute(text("SELECT * FROM sec.enter_delivery(:org, :id)"), asked).one_or_none()
            if row is None:
                raise Gone
            found = Delivery(id=delivery_id, org_id=org_id, **row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
            session.info["delivery"] = found
            return Actor(org_id=org_id, org_kind="")

        with db.LeanSession(self.engine, expire_on_commit=False) as session:
            db.entering(session, enter)
            with db.transaction(session):
                db.actor(session)
                yield session, session.info["delivery"]

    @contextmanager
    def on_due(self, sender_org_id: UUID, referral_id: UUID) -> Iterator[tuple[Session, Actor, str]]:
        """A transaction of the system in the sender's organisation, and what is due there. Raises Gone."""

        def enter(connection: Connection) -> Actor:
            asked = {"sender": sender_org_id, "referral": referral_id}
            what, now = connection.execute(_ENTER_DUE, asked).one()
            if what is None:
                raise Gone
            clock.hear(now)
            session.info["what"] = what
            return Actor(org_id=sender_org_id, org_kind="")

        with db.LeanSession(self.engine, expire_on_commit=False) as session:
            db.entering(session, enter)
            with db.transaction(session):
                yield session, db.actor(session), session.info["what"]

    @contextmanager
    def on_due_client(self, org_id: UUID, client_id: UUID) -> Iterator[Session]:
        """A transaction of the system in the organisation of a client whose time has come. Raises Gone."""

        def enter(connection: Connection) -> Actor:
            asked = {"org": org_id, "client": client_id}
            entered, now = connection.execute(_ENTER_CLIENT, asked).one()
            if not entered:
                raise Gone
            clock.hear(now)
            return Actor(org_id=org_id, org_kind="")

        with db.LeanSession(self.engine, expire_on_commit=False) as session:
            db.entering(session, enter)
            with db.transaction(session):
                db.actor(session)
                yield session


@cache
def workshop() -> Workshop:
    """This process's workshop, from its environment."""
    return Workshop(load_worker(os.environ))
