"""What the page of one referral shows: its timeline and its messages, as frozen views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import crypto
from app.core.context import Actor
from referrals.life.events import Kind
from referrals.life.models import ReferralClient
from referrals.life.packet_store import identity_key
from referrals.life.scope import Scoped
from referrals.life.story import Entry, story
from referrals.life.use_cases.talk import message_place


@dataclass(frozen=True)
class Happening:
    """One line of the timeline. `staff_id` is None unless it was somebody of one's own organisation."""

    kind: Kind
    at: datetime
    org_id: UUID | None
    staff_id: UUID | None
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Said:
    """One message. `words` is None for a fixed question or answer, and for free text that can no longer be read."""

    kind: str
    code: str | None
    words: str | None
    at: datetime
    mine: bool
    staff_id: UUID | None


def timeline(session: Session, actor: Actor, found: Scoped) -> list[Happening]:
    """What happened, the oldest first. Colleagues are named by id, the other side only as an organisation."""
    return [
        _happening(Kind(row.kind), row.at, row.org_id, row.staff_id, row.detail, mine=row.org_id == actor.org_id)
        for row in story(session, found)
        if row.happened
    ]


def _happening(
    kind: Kind, at: datetime, org_id: UUID | None, staff_id: UUID | None, detail: dict[str, Any], *, mine: bool
) -> Happening:
    """To whom the client said that they withdraw is not told to the other side."""
    quiet = kind is Kind.WITHDRAWN and not mine
    return Happening(kind, at, org_id, staff_id if mine else None, {} if quiet else detail)


def messages(session: Session, actor: Actor, found: Scoped) -> list[Said]:
    """What the two sides wrote, the oldest first."""
    return [
        Said(
            kind=row.kind,
            code=row.code,
            words=_opened(session, found, row),
            at=row.at,
            mine=row.org_id == actor.org_id,
            staff_id=row.staff_id if row.org_id == actor.org_id else None,
        )
        for row in story(session, found)
        if not row.happened
    ]


def of_client(session: Session, actor: Actor, client_id: UUID) -> list[UUID]:
    """The referrals that the actor's organisation sent for this client."""
    return list(
        session.scalars(
            select(ReferralClient.referral_id).where(
                ReferralClient.sender_org_id == actor.org_id, ReferralClient.client_id == client_id
            )
        )
    )


def _opened(session: Session, found: Scoped, row: Entry) -> str | None:
    if row.body is None or (key := identity_key(session, found)) is None:
        return None
    return crypto.unseal(key, row.body, message_place(found.referral.sender_org_id, row.id)).decode()
