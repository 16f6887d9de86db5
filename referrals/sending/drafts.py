"""Keeping a referral in the making: saved at every step, so that a worker can stop in the street and go on later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, delete, func, select
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid, NotFound
from app.core.ids import new_id
from app.core.keys import keyring
from orgs.clients.queries import client_of_referral, client_values, names
from orgs.clients.views import ClientView
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from referrals.consents.rules import OWN_PROGRAMME, check_choice
from referrals.life.policy import Party
from referrals.life.scope import load as load_referral
from referrals.sending import rules
from referrals.sending.models import Draft
from referrals.sending.rules import DraftBody

MAX_LISTED = 100

_GONE = N_("This draft is not there any more: it was sent, or thrown away. What was sent is in the outbox.")
"""The Back button leads here after sending. Somebody else's draft, and one that never was, answer the same."""


@dataclass(frozen=True)
class Open:
    """A draft that is being worked on, the client opened."""

    id: UUID
    client: ClientView
    body: DraftBody
    updated_at: datetime


@dataclass(frozen=True)
class DraftLine:
    """A draft in a list. `programme` is the first choice, if it can still be seen."""

    id: UUID
    client_id: UUID
    client: str
    code: str
    programme: ProgrammeView | None
    permitted: bool
    updated_at: datetime


def start(
    session: Session, actor: Actor, client_id: UUID, programmes: tuple[UUID, ...], *, previous_id: UUID | None = None
) -> UUID:
    """Begin a referral for a client; returns the draft's id. `previous_id`: the referral that this is the next step of.

    Raises NotFound, NotAllowed, Invalid, Conflict for an archived record.
    """
    client = client_values(session, actor, client_id)
    if client.archived_at is not None:
        raise Conflict(N_("This record is archived. Bring it back first."))
    _check_programmes(session, actor, programmes)
    if previous_id is not None:
        check_follows(session, actor, previous_id, client_id)
    draft_id, now = new_id(), clock.now()
    body = rules.begin(programmes, client.record, previous_id)
    session.add(
        Draft(
            org_id=actor.org_id, id=draft_id, client_id=client_id, staff_id=actor.staff_id,
            body=_sealed(session, client_id, draft_id, body), created_at=now, updated_at=now,
        )
    )  # fmt: skip
    session.flush()
    audit.record(session, actor, "draft.start", subject="client", subject_id=client_id)
    return draft_id


def read(session: Session, actor: Actor, draft_id: UUID) -> Open:
    """One's own draft, with its client as they are now. Raises NotFound, NotAllowed."""
    row = _row(session, actor, draft_id)
    return Open(row.id, client_values(session, actor, row.client_id), opened(session, row), row.updated_at)


def choose(session: Session, actor: Actor, draft_id: UUID, programmes: tuple[UUID, ...]) -> None:
    """Other programmes. Raises NotFound, Invalid."""
    _check_programmes(session, actor, programmes)
    row = _row(session, actor, draft_id, lock=True)
    _save(session, row, opened(session, row).choosing(programmes))


def save(session: Session, actor: Actor, draft_id: UUID, **changes: object) -> None:
    """Keep a step. `changes` are fields of DraftBody. Raises NotFound."""
    row = _row(session, actor, draft_id, lock=True)
    _save(session, row, replace(opened(session, row), **changes))  # type: ignore[arg-type]


def discard(session: Session, actor: Actor, draft_id: UUID) -> None:
    """Throw one's own draft away. Permissions that were given stay. Raises NotFound."""
    row = _row(session, actor, draft_id, lock=True)
    audit.record(session, actor, "draft.discard", subject="client", subject_id=row.client_id)
    session.delete(row)
    session.flush()


def take_for_sending(session: Session, actor: Actor, draft_id: UUID) -> tuple[Draft, DraftBody]:
    """The row, locked: it is sent once. Raises NotFound."""
    row = _row(session, actor, draft_id, lock=True)
    return row, opened(session, row)


def kept_for(session: Session, actor: Actor, sitting_id: UUID) -> Draft | None:
    """What was said for the alternatives of a sitting whose first choice has been sent."""
    return session.scalars(
        select(Draft).where(Draft.org_id == actor.org_id, Draft.sitting_id == sitting_id).limit(1)
    ).one_or_none()


def forget_kept(session: Session, actor: Actor, sitting_id: UUID) -> None:
    """Nothing is left to send from this sitting: what was said for it is not kept."""
    session.execute(delete(Draft).where(Draft.org_id == actor.org_id, Draft.sitting_id == sitting_id))


def drafts(session: Session, actor: Actor, *, client_id: UUID | None = None) -> list[DraftLine]:
    """One's own drafts, the latest first: all of them, or those for one client."""
    wanted = select(Draft).where(_mine(actor)).order_by(Draft.updated_at.desc(), Draft.id).limit(MAX_LISTED)
    if client_id is not None:
        wanted = wanted.where(Draft.client_id == client_id)
    found = list(session.scalars(wanted))
    called = names(session, actor, (row.client_id for row in found))
    rows = [row for row in found if row.client_id in called]
    bodies = {row.id: opened(session, row) for row in rows}
    places = directory.programmes(session, (body.programmes[0] for body in bodies.values()))
    return [
        DraftLine(
            row.id,
            row.client_id,
            called[row.client_id].shown,
            called[row.client_id].code,
            places.get(bodies[row.id].programmes[0]),
            bool(bodies[row.id].consents),
            row.updated_at,
        )
        for row in rows
    ]


def counted(actor: Actor) -> ScalarSelect[int]:
    """How many drafts one has, to stand in the statement that counts for all tabs."""
    return select(func.count()).select_from(Draft).where(_mine(actor)).scalar_subquery()


def opened(session: Session, row: Draft) -> DraftBody:
    """The row's body. Raises crypto.Unsealable."""
    return DraftBody.from_json(keyring(session).unseal_for(row.client_id, "drafts", "body", row.id, row.body))


def _check_programmes(session: Session, actor: Actor, programmes: tuple[UUID, ...]) -> None:
    check_choice(programmes)
    found = directory.programmes(session, programmes)
    if found.keys() != set(programmes):
        raise NotFound
    if any(view.org_id == actor.org_id for view in found.values()):
        raise Invalid(OWN_PROGRAMME, field="programme")


def _mine(actor: Actor) -> ColumnElement[bool]:
    return and_(Draft.org_id == actor.org_id, Draft.staff_id == actor.staff_id, Draft.sitting_id.is_(None))


def _row(session: Session, actor: Actor, draft_id: UUID, *, lock: bool = False) -> Draft:
    wanted = select(Draft).where(_mine(actor), Draft.id == draft_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(wanted).one_or_none()
    if row is None:
        raise NotFound(_GONE)
    return row


def _save(session: Session, row: Draft, body: DraftBody) -> None:
    row.body = _sealed(session, row.client_id, row.id, body)
    row.updated_at = clock.now()
    row.version += 1
    session.flush()


def _sealed(session: Session, client_id: UUID, draft_id: UUID, body: DraftBody) -> bytes:
    return keyring(session).seal_for(client_id, "drafts", "body", draft_id, body.to_json())


def check_follows(session: Session, actor: Actor, previous_id: UUID, client_id: UUID) -> None:
    """The referral before must be about this client, at whichever end the actor stands. Raises NotFound."""
    found = load_referral(session, actor, previous_id)
    about = found.client_id if found.party is Party.SENDER else client_of_referral(session, actor, previous_id)
    if about != client_id:
        raise NotFound
