"""Reading one's own clients. Whatever shows a person's data is written into the audit log in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, and_, bindparam, select
from sqlalchemy.orm import Session

from app.core import audit, paging
from app.core.context import Actor
from app.core.errors import NotFound
from app.core.keys import Keyring, keyring
from app.core.paging import Cursor, Page
from orgs.clients import along, policy, rules, store
from orgs.clients.along import Reach
from orgs.clients.models import Client, ClientNote, Episode
from orgs.clients.rules import SearchKind
from orgs.clients.views import ClientLine, ClientName, ClientView, Found

FOUND_AT_MOST = 50
_CHUNK = 500


def client_values(session: Session, actor: Actor, client_id: UUID, *, action: str = "client.read") -> ClientView:
    """One client, opened. The read is audited as `action`. Raises NotFound, NotAllowed, crypto.Unsealable."""
    reach = along.reach(session, actor)
    asked = {"org": actor.org_id, "worker": actor.staff_id, "client": client_id}
    row = session.execute(_one(reach), asked).one_or_none()
    if row is None:
        raise NotFound
    return along.record_of(session, actor, client_id, row, action=action)


@cache
def _one(reach: Reach) -> Select[*tuple[Any, ...]]:
    """Written once for the process: SQLAlchemy need not look anew whether it knows the statement."""
    org, worker, client = (bindparam(name, type_=Uuid) for name in ("org", "worker", "client"))
    return select(*along.record_columns(org, reach)).where(reach.scope(org, worker), Client.id == client)


def check_sees(session: Session, actor: Actor, client_id: UUID | None, *, note_id: UUID | None = None) -> None:
    """May the actor see the client now, and this note of theirs? Nothing is opened. Raises NotFound, NotAllowed."""
    wanted = select(Client.id).where(store.in_scope(actor), Client.id == client_id)
    if note_id is not None:
        wanted = wanted.join(ClientNote, and_(ClientNote.org_id == Client.org_id, ClientNote.client_id == Client.id))
        wanted = wanted.where(ClientNote.id == note_id)
        if not policy.sees_clinical_notes(actor):
            wanted = wanted.where(ClientNote.clinical.is_(False))
    if session.execute(wanted).one_or_none() is None:
        raise NotFound


def names(session: Session, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, ClientName]:
    """What the actor's clients among `ids` are called; whom they may not see is left out. Audited as one read."""
    wanted = set(ids)
    if not wanted or not actor.works_cases:
        return {}
    keys = keyring(session)
    lines = _opened(keys, session.execute(_lines(actor, keys).where(Client.id.in_(wanted))).all())
    audit.record(session, actor, "client.names", subject="client", count=len(lines))
    return {line.id: ClientName(line.code, line.shown) for line in lines}


def ids_in_scope(actor: Actor) -> Select[UUID]:
    """The ids of the clients whom the actor may see, for the statements of houses above. Raises NotAllowed."""
    return select(Client.id).where(store.in_scope(actor))


def page(
    session: Session, actor: Actor, cursor: Cursor | None = None, *, archived: bool = False, mine: bool = False
) -> Page[ClientLine]:
    """The list, latest change first: those at hand or the archived; `mine`: only whose worker the actor is."""
    keys = keyring(session)
    wanted = Client.archived_at.is_not(None) if archived else Client.archived_at.is_(None)
    statement = _lines(actor, keys).where(wanted)
    if mine:
        statement = statement.where(Client.worker_id == actor.staff_id)
    rows = session.execute(paging.after(statement, Client.updated_at, Client.id, cursor)).all()
    lines = _opened(keys, rows)
    shown = paging.page(lines, lambda line: Cursor(line.updated_at, line.id))
    audit.record(session, actor, "client.list", subject="client", count=len(shown.rows))
    return shown


def search(session: Session, actor: Actor, text: str) -> Found:
    """Whom the actor may see by code, whole phone number, or part of a name or alias, the archived too.

    Only the kind of search and the number found are audited, never the words.
    """
    wanted = rules.search(text)
    keys = keyring(session)
    if wanted.kind is SearchKind.CODE:
        lines = _opened(keys, session.execute(_newest(actor, keys).where(Client.code == wanted.value)).all())
    elif wanted.kind is SearchKind.PHONE:
        by_phone = _newest(actor, keys).where(Client.phone_hash.in_(keys.phone_hashes(wanted.value)))
        lines = _opened(keys, session.execute(by_phone.limit(FOUND_AT_MOST + 1)).all())
    else:
        lines = _by_name(session, actor, keys, wanted.value)
    audit.record(session, actor, "client.search", subject="client", kind=wanted.kind, count=len(lines))
    return Found(tuple(lines[:FOUND_AT_MOST]), more=len(lines) > FOUND_AT_MOST)


@dataclass(frozen=True)
class TakenIn:
    """Whether a referral's person stands in the receiver's own records, and where, if the actor may see that."""

    taken: bool = False
    client_id: UUID | None = None


def taken_in(session: Session, actor: Actor, referral_id: UUID) -> TakenIn:
    """What became of this referral's person in the actor's own records."""
    statement = (
        select(Client.id)
        .select_from(Episode)
        .outerjoin(Client, and_(Client.org_id == Episode.org_id, Client.id == Episode.client_id, store.in_scope(actor)))
        .where(Episode.org_id == actor.org_id, Episode.referral_id == referral_id)
    )
    found = session.scalars(statement).all()
    return TakenIn(bool(found), next((one for one in found if one is not None), None))


def client_of_referral(session: Session, actor: Actor, referral_id: UUID) -> UUID | None:
    """The own client whom the receiver of this referral took into its records, if it did and the actor sees them."""
    return taken_in(session, actor, referral_id).client_id


def referrals_into(session: Session, actor: Actor, client_id: UUID) -> list[UUID]:
    """The referrals by which this client of the actor's came. Raises NotFound, NotAllowed."""
    store.load(session, actor, client_id)
    came = select(Episode.referral_id).where(
        Episode.org_id == actor.org_id, Episode.client_id == client_id, Episode.referral_id.is_not(None)
    )
    return [one for one in session.scalars(came) if one is not None]


def code_of(session: Session, actor: Actor, client_id: UUID) -> tuple[str, datetime]:
    """A client's code, and since when the record is kept; nothing is opened. Raises NotFound, NotAllowed."""
    row = store.load(session, actor, client_id)
    return row.code, row.created_at


def is_taken(session: Session, actor: Actor, referral_id: UUID) -> bool:
    """Whether anybody of the receiver took this referral's person into its records, whoever may see that record."""
    taken = select(Episode.id).where(Episode.org_id == actor.org_id, Episode.referral_id == referral_id)
    return session.execute(taken.limit(1)).first() is not None


def with_code(session: Session, actor: Actor, typed: str) -> ClientLine | None:
    """The client whose code was typed, if the actor sees them. Audited as a search."""
    code = rules.parse_code(typed)
    return next(iter(search(session, actor, code).lines), None) if code else None


def _by_name(session: Session, actor: Actor, keys: Keyring, query: str) -> list[ClientLine]:
    """Names are sealed, so the organisation's own are opened and compared, the newest first, until enough are found.

    One statement, from which rows come as they are needed: memory holds some of them, however many there are.
    """
    found: list[ClientLine] = []
    if not query:
        return found
    rows = session.execute(_newest(actor, keys).execution_options(yield_per=_CHUNK))
    for some in rows.partitions():
        found += [line for line in _opened(keys, some) if _matches(query, line)]
        if len(found) > FOUND_AT_MOST:
            rows.close()
            break
    return found


def _matches(query: str, line: ClientLine) -> bool:
    return rules.name_matches(query, line.alias, line.name) or rules.code_matches(query, line.code)


def _lines(actor: Actor, keys: Keyring) -> Select[*tuple[Any, ...]]:
    return select(
        Client.id, Client.code, Client.alias, Client.name, Client.area, Client.worker_id, Client.updated_at,
        Client.archived_at, *keys.along(Client.id),
    ).where(store.in_scope(actor))  # fmt: skip


def _newest(actor: Actor, keys: Keyring) -> Select[*tuple[Any, ...]]:
    return _lines(actor, keys).order_by(Client.updated_at.desc(), Client.id)


def _opened(keys: Keyring, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[ClientLine]:
    keys.bring((row.id, row.client_keys, row.org_keys) for row in rows)
    return [
        ClientLine(
            row.id,
            row.code,
            store.unsealed(keys, row.id, "alias", row.alias),
            store.unsealed(keys, row.id, "name", row.name),
            row.area,
            row.worker_id,
            row.updated_at,
            row.archived_at is not None,
        )
        for row in rows
    ]
