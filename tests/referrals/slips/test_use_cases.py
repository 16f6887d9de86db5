from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.audit import AuditRow
from app.core.clock import PHNOM_PENH
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from referrals.life.reasons import DeclineReason, Outcome, StopReason
from referrals.life.scope import load
from referrals.life.states import Action, State
from referrals.life.use_cases import answer, finish, visit
from referrals.life.use_cases.answer import Meeting
from referrals.slips import issue, use_cases
from referrals.slips.issue import Printed
from tests.cast import Cast, cast, tomorrow
from tests.network import Network, Person


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def printed(people: Cast, referral_id: UUID) -> Printed:
    with people.outreach.transaction() as (session, actor):
        return issue.printed(session, actor, referral_id)


def state(people: Cast, referral_id: UUID) -> State:
    with people.outreach.transaction() as (session, actor):
        return load(session, actor, referral_id).state


def find(person: Person, typed: str) -> UUID:
    with person.transaction() as (session, actor):
        return use_cases.find(session, actor, typed)


def arrive(person: Person, referral_id: UUID, typed: str, version: int | None = None) -> None:
    with person.transaction() as (session, actor):
        use_cases.arrive(session, actor, referral_id, typed, version=version)


def paper(person: Person, referral_id: UUID) -> bytes:
    with person.transaction() as (session, actor):
        return use_cases.slip(session, actor, referral_id)


def test_typed_code_and_scanned_token_find_the_referral(people: Cast) -> None:
    referral_id = people.send()
    slip = printed(people, referral_id)
    for typed in (slip.code, slip.code.lower().replace("-", ""), f" {slip.token} "):
        assert find(people.nurse, typed) == referral_id


def test_a_slip_is_known_to_its_receiver_alone(people: Cast, network: Network) -> None:
    slip = printed(people, people.send())
    outsider = network.organisation("health_centre").person("clinician")
    for person in (people.outreach, people.caseworker, outsider):
        with pytest.raises(Invalid, match="No referral to your organisation has this code"):
            find(person, slip.code)
    assert people.clinic.manager is not None
    with pytest.raises(NotAllowed):
        find(people.clinic.manager, slip.code)
    with pytest.raises(NotFound):
        find(network.steward, slip.code)


def test_finding_by_slip_is_audited_without_the_code(people: Cast) -> None:
    slip = printed(people, people.send())
    find(people.nurse, slip.code)
    with people.nurse.transaction() as (session, actor):
        row = session.scalars(
            select(AuditRow).where(AuditRow.org_id == actor.org_id, AuditRow.action == "slip.find")
        ).one()
        assert slip.code not in repr((row.detail, row.ref))


@pytest.mark.parametrize("before", ["sent", "waitlisted", "accepted"])
def test_the_person_stands_there_with_the_slip(people: Cast, before: str) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        if before == "waitlisted":
            answer.waitlist(session, actor, referral_id)
        if before == "accepted":
            answer.accept(session, actor, referral_id, tomorrow())
        found = load(session, actor, referral_id)
        wanted = Action.NOTE_ARRIVAL if before == "accepted" else Action.ACCEPT_AND_ARRIVE
        assert use_cases.offered(actor, found) is wanted
    code = printed(people, referral_id).code
    arrive(people.nurse, referral_id, code)
    assert state(people, referral_id) is State.ARRIVED
    with pytest.raises(Invalid, match="has been used"):
        find(people.nurse, code)
    with pytest.raises(Conflict, match="arrived already"):
        arrive(people.nurse, referral_id, code)


def test_another_referrals_slip_changes_nothing(people: Cast) -> None:
    one, other = people.send(), people.send()
    with pytest.raises(Invalid, match="another referral"):
        arrive(people.nurse, one, printed(people, other).code)
    assert state(people, one) is state(people, other) is State.SENT
    assert find(people.nurse, printed(people, other).code) == other


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "has 8 letters"),
        ("7F3Q-X2M", "has 8 letters"),
        ("7F3Q-X2MM", "not a slip's code"),
        ("x" * 22, "No referral"),
    ],
)
def test_a_wrong_code_is_explained_and_changes_nothing(people: Cast, typed: str, said: str) -> None:
    referral_id = people.send()
    with pytest.raises(Invalid) as refused:
        arrive(people.nurse, referral_id, typed)
    assert said in refused.value.message % refused.value.params
    assert state(people, referral_id) is State.SENT


def test_a_stale_page_changes_nothing(people: Cast) -> None:
    referral_id = people.send()
    code = printed(people, referral_id).code
    with people.nurse.transaction() as (session, actor):
        seen = load(session, actor, referral_id).referral.version
        answer.accept(session, actor, referral_id, tomorrow())
    with pytest.raises(Conflict):
        arrive(people.nurse, referral_id, code, version=seen)
    assert state(people, referral_id) is State.ACCEPTED


@pytest.mark.parametrize("ending", ["decline", "withdraw"])
def test_a_dead_slip_neither_opens_nor_prints(people: Cast, ending: str) -> None:
    referral_id = people.send()
    slip = printed(people, referral_id)
    with people.nurse.transaction() as (session, actor):
        if ending == "decline":
            answer.decline(session, actor, referral_id, DeclineReason.NO_CAPACITY)
        else:
            finish.withdraw(session, actor, referral_id)
    for typed in (slip.code, slip.token):
        with pytest.raises(Invalid, match="no longer valid"):
            find(people.nurse, typed)
    with pytest.raises(Conflict):
        arrive(people.nurse, referral_id, slip.code)
    with pytest.raises(Conflict):
        paper(people.outreach, referral_id)


def test_the_sender_prints_and_nobody_else(people: Cast, network: Network) -> None:
    referral_id = people.send()
    assert paper(people.outreach, referral_id).startswith(b"%PDF")
    assert paper(people.caseworker, referral_id) == paper(people.outreach, referral_id)
    outsider, colleague = network.organisation("ngo").person("caseworker"), people.ngo.person("outreach")
    assert people.ngo.manager is not None
    for person, error in (
        (people.nurse, NotAllowed), (people.ngo.manager, NotAllowed), (outsider, NotFound), (colleague, NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            paper(person, referral_id)


def test_printing_is_audited(people: Cast) -> None:
    referral_id = people.send()
    paper(people.outreach, referral_id)
    with people.outreach.transaction() as (session, actor):
        rows = session.scalars(
            select(AuditRow).where(AuditRow.org_id == actor.org_id, AuditRow.action == "slip.print")
        ).all()
    assert [row.subject_id for row in rows] == [referral_id]


def test_an_appointment_changes_the_paper(people: Cast) -> None:
    referral_id = people.send()
    before = paper(people.outreach, referral_id)
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    booked = paper(people.outreach, referral_id)
    with people.nurse.transaction() as (session, actor):
        midnight = datetime.combine(clock.now().astimezone(PHNOM_PENH), datetime.min.time(), PHNOM_PENH)
        days = Meeting(window_from=midnight + timedelta(days=1), window_to=midnight + timedelta(days=3))
        visit.book(session, actor, referral_id, days)
    assert len({before, booked, paper(people.outreach, referral_id)}) == 3


@pytest.mark.parametrize("end", ["arrived", "completed", "stopped"])
def test_after_the_arrival_there_is_no_slip_to_print(people: Cast, end: str) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, referral_id)
        if end == "completed":
            finish.complete(session, actor, referral_id, Outcome.SERVICE_RECEIVED)
        if end == "stopped":
            finish.stop(session, actor, referral_id, StopReason.MOVED_ON)
        assert use_cases.offered(actor, load(session, actor, referral_id)) is None
    with people.outreach.transaction() as (session, actor):
        assert not use_cases.can_print(load(session, actor, referral_id))
    with pytest.raises(Conflict, match="done its work"):
        paper(people.outreach, referral_id)
