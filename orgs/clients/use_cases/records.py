"""Making, changing, handing over and putting away a client record."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, clock, ids, uptake_facts
from app.core.context import CASE_ROLES, Actor
from app.core.errors import N_, Conflict, Invalid
from app.core.keys import keyring
from orgs.areas.queries import KHAN_DIGITS, area_names
from orgs.clients import policy, rules, store
from orgs.clients.models import Client
from orgs.clients.records import Record, check_record
from orgs.staff.queries import colleagues, organisation


def create_client(session: Session, actor: Actor, record: Record, *, by_referral: bool = False) -> UUID:
    """A new record, with whoever makes it as the client's worker; returns its id.

    `by_referral`: the values were taken from a packet. The person did not hear of us, somebody sent them, so they are
    not counted among those who heard. Raises Invalid, NotAllowed.
    """
    policy.check_works(actor)
    record = check_record(record, clock.now())
    _check_area(session, record.area)
    client_id, keys, now = ids.new_id(), keyring(session), clock.now()
    keys.new_client(client_id)
    session.add(
        Client(
            org_id=actor.org_id, id=client_id, code=_free_code(session, actor), worker_id=actor.staff_id,
            created_at=now, updated_at=now, **store.sealed(keys, client_id, record),
        )
    )  # fmt: skip
    session.flush()
    audit.record(session, actor, "client.create", subject="client", subject_id=client_id, by_referral=by_referral)
    if not by_referral:
        uptake_facts.note_heard(
            session, actor, pseudonym=keys.pseudonym(client_id), area=record.area, source=record.heard_from
        )
    return client_id


def edit_client(session: Session, actor: Actor, client_id: UUID, record: Record, *, version: int) -> None:
    """Replace what the record holds. Clinical details stay as they are when the actor does not see them.

    Raises NotFound, Conflict when somebody was faster, Invalid.
    """
    row = store.load(session, actor, client_id, lock=True)
    check_current(row, version)
    record = check_record(record, clock.now())
    _check_area(session, record.area)
    keys = keyring(session)
    if not policy.sees_clinical_details(actor, row.worker_id):
        stored = store.opened(keys, row.id, row).facts
        record = replace(record, facts=record.facts.keeping_clinical_of(stored))
    for column, value in store.sealed(keys, client_id, record).items():
        setattr(row, column, value)
    _touch(row)
    session.flush()
    audit.record(session, actor, "client.edit", subject="client", subject_id=client_id)


def reassign(session: Session, actor: Actor, client_id: UUID, worker_id: UUID, *, version: int) -> None:
    """Hand the client over to a colleague who works with clients. Raises NotFound, Conflict, Invalid."""
    row = store.load(session, actor, client_id, lock=True)
    check_current(row, version)
    if worker_id not in {colleague.id for colleague in colleagues(session, actor, CASE_ROLES)}:
        raise Invalid(N_("Choose a colleague who works with clients."), field="worker")
    row.worker_id = worker_id
    _touch(row)
    session.flush()
    audit.record(session, actor, "client.reassign", subject="client", subject_id=client_id, to=str(worker_id))


def archive(session: Session, actor: Actor, client_id: UUID, *, version: int) -> None:
    """Put the record away: it leaves the list and can still be found. Raises NotFound, Conflict."""
    row = store.load(session, actor, client_id, lock=True)
    check_current(row, version)
    row.archived_at = clock.now()
    _touch(row)
    session.flush()
    audit.record(session, actor, "client.archive", subject="client", subject_id=client_id)


def unarchive(session: Session, actor: Actor, client_id: UUID, *, version: int) -> None:
    """Bring an archived record back: people return, and that is ordinary. Raises NotFound, Conflict."""
    row = store.load(session, actor, client_id, lock=True)
    if row.version != version:
        raise Conflict
    row.archived_at = None
    _touch(row)
    session.flush()
    audit.record(session, actor, "client.unarchive", subject="client", subject_id=client_id)


def check_active(row: Client) -> None:
    """Raises Conflict for an archived record."""
    if row.archived_at is not None:
        raise Conflict(N_("This record is archived. Bring it back first."))


def check_current(row: Client, version: int) -> None:
    """Raises Conflict when the record is archived, or is not the one that the actor looked at."""
    check_active(row)
    if row.version != version:
        raise Conflict


def _touch(row: Client) -> None:
    row.version += 1
    row.updated_at = clock.now()


def _free_code(session: Session, actor: Actor) -> str:
    prefix = organisation(session, actor.org_id).prefix
    while True:
        code = rules.new_code(prefix)
        taken = select(Client.id).where(Client.org_id == actor.org_id, Client.code == code)
        if session.execute(taken).first() is None:
            return code


def _check_area(session: Session, area: str | None) -> None:
    if area is not None and (len(area) < KHAN_DIGITS or area not in area_names(session, [area])):
        raise Invalid(N_("Choose a khan or a sangkat from the list."), field="area")
