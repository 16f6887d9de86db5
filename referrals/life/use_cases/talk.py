"""Messages between the two sides: fixed questions and answers at first, free text once identity is released."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock, crypto
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid
from app.core.ids import ordered_id
from app.core.text import tidy
from referrals.life.models import Message
from referrals.life.packet_store import identity_key
from referrals.life.policy import Party
from referrals.life.scope import Scoped, load_to
from referrals.life.states import Action, State
from referrals.life.step import step
from referrals.life.story import story

LONGEST = 1000


class Question(StrEnum):
    """What a receiver may ask before it accepts. None asks who it is."""

    CAN_COME_SOON = "can_come_soon"
    CAN_COME_MORNING = "can_come_morning"
    NEEDS_ESCORT = "needs_escort"
    NEEDS_TRANSPORT = "needs_transport"
    STILL_WANTED = "still_wanted"
    OTHER_PROGRAMME_OK = "other_programme_ok"


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"
    WILL_ASK = "will_ask"


def ask(session: Session, actor: Actor, referral_id: UUID, question: Question) -> UUID:
    """The receiver asks one of the fixed questions; returns the message's id. Raises NotFound, NotAllowed, Conflict."""
    found = load_to(session, actor, referral_id, Action.MESSAGE)
    if found.party is not Party.RECEIVER:
        raise Conflict(N_("The organisation that was asked puts the questions. You can answer."))
    return _put(session, actor, found, "question", question)


def answer(session: Session, actor: Actor, referral_id: UUID, reply: Answer) -> UUID:
    """The sender answers the last question; returns the message's id."""
    found = load_to(session, actor, referral_id, Action.MESSAGE)
    if found.party is not Party.SENDER:
        raise Conflict(N_("The organisation that sent the referral answers the questions."))
    if open_question(session, found) is None:
        raise Conflict(N_("No question is waiting for an answer."))
    return _put(session, actor, found, "answer", reply)


def write(session: Session, actor: Actor, referral_id: UUID, body: str) -> UUID:
    """Free text, once accepted, sealed under the identity part's key; returns the message's id."""
    found = load_to(session, actor, referral_id, Action.MESSAGE)
    words = tidy(body)
    if not words:
        raise Invalid(N_("Write something first."), field="body")
    if len(words) > LONGEST:
        raise Invalid(N_("At most %(count)s characters."), field="body", count=LONGEST)
    if found.state not in {State.ACCEPTED, State.ARRIVED}:
        raise Conflict(N_("Before a referral is accepted, only the fixed questions can be asked and answered."))
    key = identity_key(session, found)
    if key is None:
        raise Conflict(N_("The permission has run out. Ask the person again."))
    message_id = ordered_id()
    sealed = crypto.seal(key, words.encode(), message_place(found.referral.sender_org_id, message_id))
    return _put(session, actor, found, "free", None, message_id=message_id, body=sealed)


def open_question(session: Session, found: Scoped) -> Question | None:
    """The question that waits for an answer: the last of the fixed messages, if it is one."""
    fixed = [row for row in story(session, found) if not row.happened and row.kind != "free"]
    return Question(str(fixed[-1].code)) if fixed and fixed[-1].kind == "question" else None


def message_place(sender_org_id: UUID, message_id: UUID) -> bytes:
    """Where a message's body stands (its associated data)."""
    return crypto.place(sender_org_id, "messages", "body", message_id, 1)


def _put(
    session: Session,
    actor: Actor,
    found: Scoped,
    kind: str,
    code: str | None,
    *,
    message_id: UUID | None = None,
    body: bytes | None = None,
) -> UUID:
    row = found.referral
    made = message_id or ordered_id()
    if actor.staff_id is None:
        raise Conflict
    session.add(
        Message(
            sender_org_id=row.sender_org_id, id=made, referral_id=row.id, receiver_org_id=row.receiver_org_id,
            from_org_id=actor.org_id, staff_id=actor.staff_id, kind=kind, code=code, body=body, at=clock.now(),
        )
    )  # fmt: skip
    step(session, actor, row, Action.MESSAGE, found.party)
    return made
