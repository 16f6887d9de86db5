"""The same request twice acts once: what is kept is where its result stands, never an answer's body.

The draft standard is draft-ietf-httpapi-idempotency-key-header; docs/adr/0029-a-request-acts-once.md says what is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.context import Actor
from app.core.db import Base, points_to
from app.core.errors import N_, Invalid, NotFound

HEADER = "Idempotency-Key"
GONE = 410
"""The status of a spent key: what was made under it is erased or discarded, and nothing of it is kept."""
_GONE = N_("You sent this before. What it made is not there any more.")
_OTHER = N_("This Idempotency-Key was used for another request. Use a new one.")


class IdempotencyKey(Base):
    """A key of one person, as a digest: a program may have put a name into it. Swept after thirty days.

    When what was made goes, the database blanks the row in the same transaction (`sec.spend_keys`), so that a request
    which comes late cannot make it again.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (points_to("org_id staff_id", "staff"), Index("idempotency_keys_at", "at"))

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    request_hash: Mapped[bytes]
    status: Mapped[int]
    result_id: Mapped[UUID | None]
    leads_to: Mapped[str | None]
    """The endpoint of the page that answers, for a page's form; None for the API."""
    at: Mapped[datetime]


Index(
    "idempotency_keys_result",
    IdempotencyKey.org_id,
    IdempotencyKey.result_id,
    postgresql_where=IdempotencyKey.result_id.is_not(None),
)


@dataclass(frozen=True)
class Done:
    """What was done, now or (`again`) when the key was first sent. `id`: of what was made or changed, if of one row."""

    status: int
    id: UUID | None = None
    again: bool = False


@dataclass(frozen=True)
class Kept:
    """What a form's first post led to: a status, the page's endpoint, and the id in its address if it has one."""

    status: int
    leads_to: str
    id: UUID | None = None


def once(
    session: Session,
    actor: Actor,
    key: str,
    action: str,
    request_hash: bytes,
    status: int,
    do: Callable[[], UUID | None],
    *,
    about: UUID | None = None,
) -> Done:
    """Do it unless this person's `key` did it before, in the same transaction as the key's row.

    The row is written first, and a second request waits at it until the first is committed or undone. What fails
    leaves no row, so that it may be tried again. `do` returns the id of what it made; `about` is the id if it is known
    before. `request_hash` tells whether it is the same request (keyed, for a body holds what people told).

    Raises Invalid for a key that was used for another request, NotFound when what it made is gone.
    """
    values = {"action": action, "request_hash": request_hash, "status": status, "result_id": about}
    if _add(session, actor, key, values):
        made = do()
        if made != about:
            session.execute(update(IdempotencyKey).where(_is(actor, key)).values(result_id=made))
        return Done(status, made)
    before = session.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.result_id).where(_is(actor, key))
    ).one()
    if before.status == GONE:
        raise NotFound(_GONE)
    if before.request_hash != request_hash:
        raise Invalid(_OTHER, field=HEADER)
    return Done(before.status, before.result_id, again=True)


def found(session: Session, actor: Actor, key: str) -> Kept | None:
    """What a form sent under this key led to. Raises NotFound when that is gone."""
    row = session.execute(
        select(IdempotencyKey.status, IdempotencyKey.leads_to, IdempotencyKey.result_id).where(_is(actor, key))
    ).one_or_none()
    if row is not None and row.status == GONE:
        raise NotFound(_GONE)
    return None if row is None else Kept(row.status, row.leads_to or "", row.result_id)


def keep(session: Session, actor: Actor, key: str, action: str, kept: Kept) -> bool:
    """Keep it, in the transaction that did it. False if another request did it meanwhile: this one is to be undone."""
    values = {
        "action": action, "request_hash": b"", "status": kept.status, "leads_to": kept.leads_to, "result_id": kept.id,
    }  # fmt: skip
    return _add(session, actor, key, values)


def _add(session: Session, actor: Actor, key: str, values: dict[str, Any]) -> bool:
    row = {"org_id": actor.org_id, "staff_id": actor.staff_id, "key": _digest(actor, key), "at": func.now(), **values}
    added = insert(IdempotencyKey).values(row).on_conflict_do_nothing(index_elements=["org_id", "staff_id", "key"])
    return session.execute(added.returning(IdempotencyKey.status)).one_or_none() is not None


def _is(actor: Actor, key: str) -> Any:
    return and_(
        IdempotencyKey.org_id == actor.org_id,
        IdempotencyKey.staff_id == actor.staff_id,
        IdempotencyKey.key == _digest(actor, key),
    )


def _digest(actor: Actor, key: str) -> str:
    return hashlib.sha256(f"{actor.org_id} {actor.staff_id} {key}".encode()).hexdigest()
