"""A person's own sessions and tokens. The database knows whose they are; nobody can name somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import audit, ids
from app.core.context import Actor
from app.core.errors import N_, Invalid, NotAllowed, NotFound
from app.core.text import tidy
from orgs.staff.signing_in import token_hash

LONGEST_LABEL = 60
LONGEST_DAYS = 365


@dataclass(frozen=True)
class Access:
    """One way in that is open now: a browser, or a token for the programming interface."""

    id: UUID
    kind: str
    label: str
    made_at: datetime
    seen_at: datetime
    expires_at: datetime
    here: bool


def my_login(session: Session) -> str:
    """The email with which whoever acts signs in."""
    return str(session.execute(text("SELECT sec.my_login()")).scalar_one())


def open_access(session: Session, actor: Actor) -> list[Access]:
    """Every browser and token by which this person is signed in, newest first."""
    rows = session.execute(text("SELECT * FROM sec.my_sessions()"))
    return [
        Access(row.id, row.kind, row.label, row.made_at, row.seen_at, row.expires_at, here=row.id == actor.session_id)
        for row in rows
    ]


def make_token(session: Session, actor: Actor, *, label: str, days: int) -> str:
    """A secret with which a program acts as this person; it is kept nowhere else. Raises Invalid, NotAllowed."""
    label = tidy(label)
    if actor.org_kind == "commune":
        raise NotAllowed
    if not label or len(label) > LONGEST_LABEL:
        raise Invalid(N_("Say what it is for, in at most %(count)s characters."), field="label", count=LONGEST_LABEL)
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(N_("A token works for at most %(count)s days."), field="days", count=LONGEST_DAYS)
    token = ids.token()
    made = session.execute(
        text("SELECT sec.make_token(:hash, :label, :days)"),
        {"hash": token_hash(token), "label": label, "days": days},
    ).scalar_one()
    audit.record(session, actor, "token.make", subject="token", subject_id=made, days=days)
    return token


def revoke_token(session: Session, actor: Actor, token_id: UUID) -> None:
    """End one of this person's own tokens or sessions. Raises NotFound."""
    if not _revoke(session, token_id):
        raise NotFound
    audit.record(session, actor, "token.revoke", subject="token", subject_id=token_id)


def sign_out_elsewhere(session: Session, actor: Actor) -> int:
    """End every browser session of this person but the one that asks. Returns how many ended."""
    others = [one.id for one in open_access(session, actor) if one.kind == "browser" and not one.here]
    ended = sum(_revoke(session, one) for one in others)
    audit.record(session, actor, "session.end_others", subject="session", ended=ended)
    return ended


def _revoke(session: Session, session_id: UUID) -> bool:
    return bool(session.execute(text("SELECT sec.revoke_session(:id)"), {"id": session_id}).scalar_one())
