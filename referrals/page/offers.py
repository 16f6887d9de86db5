"""What a page offers: what the tables of policy and states allow, less what the facts leave no use for.

The use cases refuse the same things with a sentence; here they are only left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.context import Actor
from orgs.clients.queries import TakenIn, taken_in
from referrals.life.policy import Party, actions_now
from referrals.life.scope import Scoped
from referrals.life.states import RELEASED_IDENTITY, Action
from referrals.life.use_cases.talk import open_question
from referrals.life.use_cases.visit import has_begun


@dataclass(frozen=True)
class Facts:
    """What stands beside the state."""

    taken: bool = False
    """The receiver has the person in its own records."""
    asked: bool = False
    """A question waits for an answer."""
    released: bool = False
    """The identity part has been released, so that free text can be sealed with it."""


def own_record(session: Session, actor: Actor, found: Scoped) -> TakenIn:
    """The person in the actor's own records: the sender's client, or whom the receiver took in."""
    if found.party is Party.SENDER:
        return TakenIn(client_id=found.client_id)
    row = found.referral
    if row.accepted_at in {None, row.updated_at}:  # nobody is taken in before acceptance, and nothing happened since
        return TakenIn()
    return taken_in(session, actor, row.id)


def facts_of(session: Session, found: Scoped, there: TakenIn) -> Facts:
    """What stands beside the state of this referral."""
    return Facts(
        taken=there.taken,
        asked=open_question(session, found) is not None,
        released=found.state in RELEASED_IDENTITY,
    )


def offered(actor: Actor, found: Scoped, facts: Facts, now: datetime) -> tuple[Action, ...]:
    """The actions that the page shows now, in the order of policy."""
    return tuple(
        action
        for action in actions_now(actor, found.party, found.state, is_own=found.is_own)
        if _useful(action, found, facts, now)
    )


def _useful(action: Action, found: Scoped, facts: Facts, now: datetime) -> bool:
    readable = now < found.referral.readable_until
    match action:
        case Action.TAKE:
            return readable and not facts.taken
        case Action.WITHDRAW:
            return readable
        case Action.NO_SHOW:
            return has_begun(found.referral, now)
        case Action.MESSAGE:
            return readable if facts.released else found.party is Party.RECEIVER or facts.asked
        case _:
            return True
