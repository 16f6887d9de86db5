"""Stays in one's own programmes. Anyone may walk in, at any time and again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import audit, clock, ids, uptake_facts
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid, NotFound
from app.core.keys import keyring
from orgs.clients import policy, store
from orgs.clients.models import Episode
from orgs.clients.records import Record
from orgs.clients.use_cases.records import check_active, create_client
from orgs.facts import EpisodeEnd, HeardFrom
from orgs.programmes.models import Programme
from orgs.programmes.places import take_place
from orgs.programmes.rules import OverReason


def walk_in(
    session: Session, actor: Actor, record: Record, programme_id: UUID, *, over: OverReason | None = None
) -> UUID:
    """Somebody new who stands at the door: a record and an episode at once. Returns the client's id.

    Raises Invalid, and Conflict when the programme is full.
    """
    client_id = create_client(session, actor, record)
    open_episode(session, actor, client_id, programme_id, heard_from=record.heard_from, over=over)
    return client_id


def open_episode(
    session: Session,
    actor: Actor,
    client_id: UUID,
    programme_id: UUID,
    *,
    heard_from: HeardFrom,
    referral_id: UUID | None = None,
    over: OverReason | None = None,
) -> UUID:
    """Begin a stay in a programme of one's own; a walk-in, who takes a place, unless a referral brought the person.

    `over`: why, although all places are taken. Raises NotFound, Invalid, Conflict when a stay in the same programme
    goes on or the programme is full.
    """
    row = store.load(session, actor, client_id, lock=True)
    check_active(row)
    service = _own_service(session, actor, programme_id)
    _check_none_open(session, actor, client_id, programme_id)
    episode_id, now = ids.new_id(), clock.now()
    session.add(
        Episode(
            org_id=actor.org_id, id=episode_id, client_id=client_id, programme_id=programme_id,
            referral_id=referral_id, heard_from=heard_from.value, started_at=now, staff_id=actor.staff_id,
        )
    )  # fmt: skip
    row.updated_at = now
    session.flush()
    audit.record(session, actor, "episode.open", subject="client", subject_id=client_id, walk_in=referral_id is None)
    if referral_id is None:
        pseudonym = keyring(session).pseudonym(client_id)
        uptake_facts.note_walk_in(
            session, actor, pseudonym=pseudonym, area=row.area, source=heard_from, service=service
        )
        take_place(session, actor, programme_id, over)
    return episode_id


def end_episode(
    session: Session, actor: Actor, client_id: UUID, episode_id: UUID, outcome: EpisodeEnd, *, version: int
) -> None:
    """End a stay; a walk-in's frees its place.

    One that a referral brought ends with the referral. It can be ended here too: the record is the organisation's
    own, and a referral that was withdrawn or cancelled meanwhile ends nothing in it. Raises NotFound, Conflict.
    """
    row = store.load(session, actor, client_id, lock=True)
    episode = session.scalars(
        select(Episode)
        .where(Episode.org_id == actor.org_id, Episode.id == episode_id, Episode.client_id == client_id)
        .with_for_update()
    ).one_or_none()
    if episode is None:
        raise NotFound
    if episode.version != version or episode.ended_at is not None:
        raise Conflict
    _end(session, actor, episode, outcome)
    row.updated_at = clock.now()
    session.flush()
    session.info["told"] = True  # a free place may be somebody's who waits: whoever commits may wake the relay


def end_referred(session: Session, actor: Actor, referral_id: UUID, outcome: EpisodeEnd) -> None:
    """End the stay that a referral began, if its receiver took one into its records. For the referral's own end."""
    policy.check_works(actor)
    episode = session.scalars(
        select(Episode)
        .where(Episode.org_id == actor.org_id, Episode.referral_id == referral_id, Episode.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if episode is not None:
        _end(session, actor, episode, outcome)


def _end(session: Session, actor: Actor, episode: Episode, outcome: EpisodeEnd) -> None:
    episode.ended_at, episode.outcome, episode.version = clock.now(), outcome.value, episode.version + 1
    session.flush()
    audit.record(session, actor, "episode.end", subject="client", subject_id=episode.client_id)


def _own_service(session: Session, actor: Actor, programme_id: UUID) -> str:
    wanted = select(Programme.service).where(Programme.org_id == actor.org_id, Programme.id == programme_id)
    service = session.execute(wanted).scalar_one_or_none()
    if service is None:
        raise Invalid(N_("Choose one of your own programmes."), field="programme")
    return service


def _check_none_open(session: Session, actor: Actor, client_id: UUID, programme_id: UUID) -> None:
    going_on = select(Episode.id).where(
        Episode.org_id == actor.org_id,
        Episode.client_id == client_id,
        Episode.programme_id == programme_id,
        Episode.ended_at.is_(None),
    )
    if session.execute(going_on).first() is not None:
        raise Conflict(N_("The person is already in this programme."))
