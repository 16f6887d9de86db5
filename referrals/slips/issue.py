"""Making a slip when a referral is sent, printing it again, and finding a referral from what is on the paper."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid
from app.core.keys import Keyring, keyring
from app.core.rows import Rows, ready
from referrals.slips import codes
from referrals.slips.codes import SlipKey
from referrals.slips.models import Slip

_UNKNOWN = N_("No referral to your organisation has this code. Look at the slip again.")
_USED = N_("This slip has been used: the arrival was noted with it.")
_DEAD = N_("This slip is no longer valid. Ask the person whether they want a new referral.")


@dataclass(frozen=True)
class Printed:
    """What is printed on a slip: a code for typing, and the token in the QR."""

    code: str
    token: str


def making(
    session: Session, *, sender_org_id: UUID, referral_id: UUID, receiver_org_id: UUID
) -> tuple[type[Slip], Rows]:
    """The row that gives a new referral its slip. Only hashes can be searched; the sender can print it again."""
    parties = {"sender_org_id": sender_org_id, "referral_id": referral_id, "receiver_org_id": receiver_org_id}
    return Slip, [{**parties, **columns(keyring(session), referral_id)}]


def columns(keys: Keyring, referral_id: UUID) -> dict[str, bytes]:
    """A new slip as it is stored: sealed for its sender, and by what it is found."""
    made = Printed(codes.new_code(), codes.new_token())
    return {
        "code_hash": _digest(made.code),
        "token_hash": codes.token_digest(made.token),
        "secrets": keys.seal("slips", "secrets", referral_id, json.dumps({"code": made.code, "token": made.token})),
    }


def printed(session: Session, actor: Actor, referral_id: UUID) -> Printed:
    """What the sender prints on the slip. Raises Conflict when the slip is dead or was never made."""
    ready(session, Slip)
    row = session.execute(
        select(Slip.secrets, Slip.dead_at).where(Slip.sender_org_id == actor.org_id, Slip.referral_id == referral_id)
    ).one_or_none()
    if row is None or row.dead_at is not None:
        raise Conflict(_DEAD)
    return Printed(**json.loads(keyring(session).unseal("slips", "secrets", referral_id, row.secrets)))


def find(session: Session, actor: Actor, typed: str) -> UUID:
    """The referral to the actor's organisation whose slip has this code or token.

    Raises Invalid for a code that is misread, unknown, used or dead; the attempt is left to the caller's rate limit.
    """
    row = session.execute(
        select(Slip.referral_id, Slip.used_at, Slip.dead_at).where(
            Slip.receiver_org_id == actor.org_id, _matches(codes.parse(typed))
        )
    ).one_or_none()
    if row is None:
        raise Invalid(_UNKNOWN, field="code")
    if row.dead_at is not None:
        raise Invalid(_DEAD, field="code")
    if row.used_at is not None:
        raise Invalid(_USED, field="code")
    audit.record(session, actor, "slip.find", subject="referral", subject_id=row.referral_id)
    found: UUID = row.referral_id
    return found


def use(session: Session, actor: Actor, referral_id: UUID, typed: str) -> None:
    """Mark the slip of this referral used. Raises Invalid when the code is of another referral, used or dead."""
    if find(session, actor, typed) != referral_id:
        raise Invalid(N_("This slip belongs to another referral. Open that one."), field="code")
    session.execute(
        update(Slip)
        .where(Slip.receiver_org_id == actor.org_id, Slip.referral_id == referral_id)
        .values(used_at=clock.now())
    )


def _matches(key: SlipKey) -> ColumnElement[bool]:
    if key.kind is codes.Kind.TOKEN:
        return Slip.token_hash == codes.token_digest(key.value)
    return Slip.code_hash == _digest(key.value)


def _digest(code: str) -> bytes:
    return hashlib.sha256(f"slip {code}".encode()).digest()
