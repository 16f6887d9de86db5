"""Every action by every kind of person on every side."""

from __future__ import annotations

from itertools import chain, combinations
from uuid import UUID, uuid4

import pytest

from app.core.context import Actor
from app.core.errors import NotAllowed, NotFound
from referrals.life.policy import Party, actions_now, can_may, check_look, check_may, party_of
from referrals.life.states import Action, State, can_step

KORSANG, HEALTH_CENTRE, OUTSIDE = (UUID(int=n) for n in (1, 2, 3))
SENDERS = {"send", "message", "cancel", "withdraw"}
RECEIVERS = {
    "accept", "accept_and_arrive", "waitlist", "decline", "note_arrival", "release", "complete", "stop",
    "withdraw", "see", "book", "no_show", "message", "take",
}  # fmt: skip
ROLES = ("outreach", "caseworker", "clinician", "manager", "official", "steward")
ROLE_SETS = [frozenset(roles) for roles in chain.from_iterable(combinations(ROLES, size) for size in range(4))]
KINDS = ("ngo", "health_centre", "hospital", "training_provider", "commune", "steward")


def person(*roles: str, org: UUID = KORSANG, kind: str = "ngo") -> Actor:
    return Actor(org_id=org, org_kind=kind, staff_id=uuid4(), roles=frozenset(roles))


def expected(kind: str, party: Party, action: Action, roles: frozenset[str], *, own: bool) -> bool:
    if party is Party.SYSTEM:
        return action == "expire"
    if party is Party.NONE or kind in {"commune", "steward"}:
        return False
    if party is Party.RECEIVER:
        return action in RECEIVERS and bool(roles & {"outreach", "caseworker", "clinician"})
    sees_all = bool(roles & {"caseworker", "clinician"})
    return action in SENDERS and (sees_all or ("outreach" in roles and own))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("party", Party)
@pytest.mark.parametrize("action", Action)
def test_every_action_for_every_side_and_roles(kind: str, party: Party, action: Action) -> None:
    for roles in ROLE_SETS:
        for own in (True, False):
            actor = person(*roles, kind=kind)
            want = expected(kind, party, action, roles, own=own)
            assert can_may(actor, party, action, is_own=own) is want, (sorted(roles), own)


@pytest.mark.parametrize("kind", KINDS)
def test_an_outsider_finds_nothing(kind: str) -> None:
    actor = person("caseworker", org=OUTSIDE, kind=kind)
    party = party_of(actor, sender_org_id=KORSANG, receiver_org_id=HEALTH_CENTRE)
    assert party is Party.NONE
    for action in Action:
        with pytest.raises(NotFound):
            check_may(actor, party, action, is_own=True)


@pytest.mark.parametrize(
    ("org", "kind", "party"),
    [
        (KORSANG, "ngo", Party.SENDER),
        (HEALTH_CENTRE, "health_centre", Party.RECEIVER),
        (OUTSIDE, "hospital", Party.NONE),
        (KORSANG, "commune", Party.NONE),
        (HEALTH_CENTRE, "steward", Party.NONE),
    ],
)
def test_the_side_follows_from_the_organisation(org: UUID, kind: str, party: Party) -> None:
    actor = person("caseworker", org=org, kind=kind)
    assert party_of(actor, sender_org_id=KORSANG, receiver_org_id=HEALTH_CENTRE) is party


def test_a_schedule_acts_as_the_system_but_only_on_its_organisations_referrals() -> None:
    system = Actor(org_id=HEALTH_CENTRE, org_kind="health_centre")
    assert party_of(system, sender_org_id=KORSANG, receiver_org_id=HEALTH_CENTRE) is Party.SYSTEM
    assert party_of(system, sender_org_id=KORSANG, receiver_org_id=OUTSIDE) is Party.NONE


def test_a_manager_is_told_that_the_role_does_not_work_cases() -> None:
    with pytest.raises(NotAllowed, match="does not work with referrals"):
        check_look(person("manager"), Party.RECEIVER)


def test_a_manager_who_is_also_a_caseworker_works_cases() -> None:
    check_may(person("manager", "caseworker"), Party.RECEIVER, Action.ACCEPT)


def test_outreach_does_not_find_a_colleagues_client() -> None:
    with pytest.raises(NotFound):
        check_look(person("outreach"), Party.SENDER, is_own=False)
    check_look(person("outreach"), Party.SENDER, is_own=True)
    check_look(person("outreach", "caseworker"), Party.SENDER, is_own=False)


def test_outreach_of_the_receiver_answers_referrals_to_its_team() -> None:
    check_may(person("outreach"), Party.RECEIVER, Action.ACCEPT)


def test_the_other_sides_action_is_refused_in_words() -> None:
    with pytest.raises(NotAllowed, match="organisation on the other side"):
        check_may(person("caseworker"), Party.SENDER, Action.ACCEPT)
    with pytest.raises(NotAllowed, match="Nobody does this by hand"):
        check_may(person("caseworker"), Party.SENDER, Action.EXPIRE)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("party", Party)
def test_a_page_offers_exactly_what_would_pass(state: State, party: Party) -> None:
    for roles in ROLE_SETS:
        for own in (True, False):
            actor = person(*roles)
            offered = set(actions_now(actor, party, state, is_own=own))
            passing = {
                action for action in Action if can_step(state, action) and can_may(actor, party, action, is_own=own)
            }
            assert offered == passing - {Action.SEE, Action.EXPIRE}


def test_the_commonest_real_case_is_offered_first() -> None:
    nurse = person("clinician", org=HEALTH_CENTRE, kind="health_centre")
    assert actions_now(nurse, Party.RECEIVER, State.SENT) == (
        Action.ACCEPT_AND_ARRIVE,
        Action.ACCEPT,
        Action.WAITLIST,
        Action.DECLINE,
        Action.MESSAGE,
        Action.WITHDRAW,
    )
