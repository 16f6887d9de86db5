"""What happened with a client, newest first: notes, contacts, and stays in programmes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import paging
from app.core.context import Actor
from app.core.errors import N_
from app.core.keys import keyring
from app.core.paging import Cursor
from orgs.clients import policy, store
from orgs.clients.models import ClientNote, Episode
from orgs.facts import EpisodeEnd, NoteKind
from orgs.programmes.models import Programme
from orgs.staff.queries import staff_names
from orgs.words import EPISODE_END, NOTE_KIND

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Stay:
    """An episode in one of the organisation's own programmes. `names`: the programme's, in both languages."""

    id: UUID
    programme_id: UUID
    names: dict[str, str]
    referral_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    outcome: EpisodeEnd | None
    staff_id: UUID
    version: int


@dataclass(frozen=True)
class Event:
    """One line. `title` is a gettext id; `about` names what it happened to, in both languages, if anything."""

    at: datetime
    title: str
    who: str = ""
    body: str = ""
    clinical: bool = False
    about: dict[str, str] | None = None
    id: UUID | None = None
    """Of a note."""


@dataclass(frozen=True)
class Timeline:
    """A page of events, and all stays, the latest first. `next` is the cursor of older events."""

    events: tuple[Event, ...]
    stays: tuple[Stay, ...]
    next: str = ""


def timeline(session: Session, actor: Actor, client_id: UUID, cursor: Cursor | None = None) -> Timeline:
    """What the actor may read of it. Stands beside `queries.client_values`, which audits the read.

    Raises NotFound, NotAllowed.
    """
    store.load(session, actor, client_id)
    notes = _notes(session, actor, client_id, cursor)
    stays = _stays(session, actor, client_id)
    names = staff_names(session, actor.org_id, [*(note.staff_id for note in notes.rows), *(s.staff_id for s in stays)])
    since = notes.rows[-1].at if notes.next else _FIRST
    until = cursor.at if cursor else _LAST
    events = [_told(session, note, names) for note in notes.rows]
    events += [event for stay in stays for event in _events_of(stay, names) if since <= event.at < until]
    return Timeline(tuple(sorted(events, key=lambda event: event.at, reverse=True)), stays, notes.next)


def _notes(session: Session, actor: Actor, client_id: UUID, cursor: Cursor | None) -> paging.Page[ClientNote]:
    statement = select(ClientNote).where(ClientNote.org_id == actor.org_id, ClientNote.client_id == client_id)
    if not policy.sees_clinical_notes(actor):
        statement = statement.where(ClientNote.clinical.is_(False))
    rows: Sequence[ClientNote] = session.scalars(paging.after(statement, ClientNote.at, ClientNote.id, cursor)).all()
    return paging.page(rows, lambda note: Cursor(note.at, note.id))


def _told(session: Session, note: ClientNote, names: dict[UUID, str]) -> Event:
    body = keyring(session).unseal_for(note.client_id, "client_notes", "body", note.id, note.body) or ""
    title = NOTE_KIND[NoteKind(note.kind)]
    return Event(note.at, title, names.get(note.staff_id, ""), body, clinical=note.clinical, id=note.id)


def _stays(session: Session, actor: Actor, client_id: UUID) -> tuple[Stay, ...]:
    rows = session.execute(
        select(Episode, Programme.name_km, Programme.name_en)
        .join(Programme, (Programme.org_id == Episode.org_id) & (Programme.id == Episode.programme_id))
        .where(Episode.org_id == actor.org_id, Episode.client_id == client_id)
        .order_by(Episode.started_at.desc(), Episode.id)
    )
    return tuple(_stay(row, km, en) for row, km, en in rows)


def _stay(row: Episode, km: str, en: str) -> Stay:
    return Stay(
        row.id,
        row.programme_id,
        {"km": km, "en": en},
        row.referral_id,
        row.started_at,
        row.ended_at,
        EpisodeEnd(row.outcome) if row.outcome else None,
        row.staff_id,
        row.version,
    )


def _events_of(stay: Stay, names: dict[UUID, str]) -> Iterator[Event]:
    began = N_("Came by a referral") if stay.referral_id else N_("Walked in")
    yield Event(stay.started_at, began, names.get(stay.staff_id, ""), about=stay.names)
    if stay.ended_at is not None and stay.outcome is not None:
        yield Event(stay.ended_at, EPISODE_END[stay.outcome], about=stay.names)
