"""The same request twice acts once: what is kept is a status and an id, never an answer's body.

The draft standard is draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.context import Actor
from app.core.db import Base, points_to
from app.core.errors import N_, Invalid

HEADER = "Idempotency-Key"
_LOCK_BYTES = 8


class IdempotencyKey(Base):
    """A key of one person. The worker sweeps those that are older than two days."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (points_to("org_id staff_id", "staff"), Index("idempotency_keys_at", "at"))

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    request_hash: Mapped[bytes]
    status: Mapped[int]
    result_id: Mapped[UUID | None]
    at: Mapped[datetime]


@dataclass(frozen=True)
class Done:
    """What was done, now or (`again`) when the key was first sent."""

    status: int
    id: UUID
    again: bool = False


def once(
    session: Session, actor: Actor, key: str, action: str, request_hash: bytes, status: int, do: Callable[[], UUID]
) -> Done:
    """Do it unless this person's `key` did it before, in the same transaction as the key's row.

    `request_hash` tells whether it is the same request (keyed, for a body holds what people told). What fails leaves
    no row, so that it may be tried again. Raises Invalid for a key that was used for another request.
    """
    session.execute(select(func.pg_advisory_xact_lock(_number(actor, key))))  # a second one waits for the first
    before = session.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.status, IdempotencyKey.result_id).where(
            IdempotencyKey.org_id == actor.org_id,
            IdempotencyKey.staff_id == actor.staff_id,
            IdempotencyKey.key == key,
        )
    ).one_or_none()
    if before is None:
        made = do()
        _keep(session, actor, key, action, request_hash, Done(status, made))
        return Done(status, made)
    if before.request_hash != request_hash or before.result_id is None:
        raise Invalid(N_("This Idempotency-Key was used for another request. Use a new one."), field=HEADER)
    return Done(before.status, before.result_id, again=True)


def _keep(session: Session, actor: Actor, key: str, action: str, request_hash: bytes, done: Done) -> None:
    session.execute(
        insert(IdempotencyKey).values(
            org_id=actor.org_id,
            staff_id=actor.staff_id,
            key=key,
            action=action,
            request_hash=request_hash,
            status=done.status,
            result_id=done.id,
            at=clock.now(),
        )
    )


def _number(actor: Actor, key: str) -> int:
    digest = hashlib.sha256(f"{actor.org_id} {actor.staff_id} {key}".encode()).digest()
    return int.from_bytes(digest[:_LOCK_BYTES], "big", signed=True)
