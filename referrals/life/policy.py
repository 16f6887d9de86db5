"""Who: which side of a referral, and which roles there, may do what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from app.core.context import CASE_ROLES, Actor
from app.core.errors import N_, NotAllowed, NotFound, SpeanError
from referrals.life.states import Action, State, can_step

NEVER_A_PARTY: frozenset[str] = frozenset({"commune", "steward"})
"""Kinds of organisation that have no part in anybody's referral."""


class Party(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"
    SYSTEM = "system"
    NONE = "none"


_SENDER = frozenset({Party.SENDER})
_RECEIVER = frozenset({Party.RECEIVER})
_BOTH = _SENDER | _RECEIVER
_SYSTEM = frozenset({Party.SYSTEM})

PARTIES: Mapping[Action, frozenset[Party]] = MappingProxyType(
    {
        Action.SEND: _SENDER,
        Action.ACCEPT_AND_ARRIVE: _RECEIVER,
        Action.ACCEPT: _RECEIVER,
        Action.NOTE_ARRIVAL: _RECEIVER,
        Action.COMPLETE: _RECEIVER,
        Action.BOOK: _RECEIVER,
        Action.NO_SHOW: _RECEIVER,
        Action.TAKE: _RECEIVER,
        Action.WAITLIST: _RECEIVER,
        Action.DECLINE: _RECEIVER,
        Action.STOP: _RECEIVER,
        Action.RELEASE: _RECEIVER,
        Action.MESSAGE: _BOTH,
        Action.CANCEL: _SENDER,
        Action.WITHDRAW: _BOTH,
        Action.SEE: _RECEIVER,
        Action.EXPIRE: _SYSTEM,
    }
)
"""Whose action it is. The order is the one in which a page offers them: the likeliest first, endings last."""

ROLES: Mapping[Party, frozenset[str]] = MappingProxyType({Party.SENDER: CASE_ROLES, Party.RECEIVER: CASE_ROLES})
"""Who acts for a side: those who meet clients. Managers, officials and stewards never do."""

OWN_ONLY: frozenset[str] = frozenset({"outreach"})
"""Roles that, at the sender, know only the clients they brought themselves."""

NOT_BY_HAND: frozenset[Action] = frozenset({Action.SEE, Action.EXPIRE})
"""What happens by itself and is never offered as a choice."""

_NO_CASES = N_("Your role does not work with referrals. Ask a caseworker of your organisation.")
_OTHER_SIDE = N_("Only the organisation on the other side of this referral can do this.")
_BY_ITSELF = N_("Nobody does this by hand. It happens when the time has run out.")


def party_of(actor: Actor, *, sender_org_id: UUID, receiver_org_id: UUID) -> Party:
    """On which side the actor stands. Communes and stewards stand on none, whatever the ids say."""
    if actor.org_kind in NEVER_A_PARTY or actor.org_id not in {sender_org_id, receiver_org_id}:
        return Party.NONE
    if actor.is_system:
        return Party.SYSTEM
    return Party.SENDER if actor.org_id == sender_org_id else Party.RECEIVER


def check_works(actor: Actor) -> None:
    """May the actor look at any referral at all? Raises NotFound for communes and stewards, NotAllowed for managers."""
    if actor.org_kind in NEVER_A_PARTY:
        raise NotFound
    if not actor.works_cases:
        raise NotAllowed(_NO_CASES)


def check_look(actor: Actor, party: Party, *, is_own: bool = False) -> None:
    """May the actor open this referral at all? `is_own`: the actor's own client (asked at the sender only).

    Raises NotFound for outsiders and for another worker's client, NotAllowed for roles without cases.
    """
    if party is Party.SYSTEM:
        return
    if party is Party.NONE or actor.org_kind in NEVER_A_PARTY:
        raise NotFound
    roles = actor.roles & ROLES[party]
    if not roles:
        raise NotAllowed(_NO_CASES)
    if party is Party.SENDER and roles <= OWN_ONLY and not is_own:
        raise NotFound


def check_may(actor: Actor, party: Party, action: Action, *, is_own: bool = False) -> None:
    """May the actor do this, in whatever state?

    Raises as `check_look` does, and NotAllowed for what only the other side does.
    """
    check_look(actor, party, is_own=is_own)
    if party in PARTIES[action]:
        return
    raise NotAllowed(_BY_ITSELF if action in NOT_BY_HAND else _OTHER_SIDE)


def can_may(actor: Actor, party: Party, action: Action, *, is_own: bool = False) -> bool:
    """`check_may` as a question."""
    try:
        check_may(actor, party, action, is_own=is_own)
    except SpeanError:
        return False
    return True


def actions_now(actor: Actor, party: Party, state: State, *, is_own: bool = False) -> tuple[Action, ...]:
    """What the page offers: every action by hand that would pass both tables now."""
    return tuple(
        action
        for action in PARTIES
        if action not in NOT_BY_HAND and can_step(state, action) and can_may(actor, party, action, is_own=is_own)
    )
