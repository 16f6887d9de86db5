from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.core import clock, paging
from app.core.context import Actor
from app.core.errors import NotAllowed, NotFound
from app.core.paging import Cursor
from orgs.clients.use_cases.records import create_client
from referrals.boxes import queries
from referrals.boxes.queries import MANY
from referrals.boxes.records import Box, Wanted
from referrals.boxes.tabs import INBOX, OUTBOX, Tab, chosen
from referrals.life.disclosure import RequestValues, Urgency
from referrals.life.reasons import CancelReason, DeclineReason
from referrals.life.states import State
from referrals.life.use_cases import answer, finish, visit
from referrals.life.use_cases.answer import Meeting
from referrals.sending.use_cases import Request, send
from tests.cast import SOKHA, Cast, cast, tomorrow
from tests.network import Network, Person
from tests.statements import statements

ALL = Wanted()


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def tab(tabs: tuple[Tab, ...], key: str) -> Tab:
    found = chosen(tabs, key)
    assert found is not None
    return found


def inbox(person: Person, key: str = "sent", wanted: Wanted = ALL, after: str = "") -> Box:
    with person.transaction() as (session, actor):
        return queries.inbox(session, actor, tab(INBOX, key), wanted, Cursor.parse(after))


def outbox(person: Person, key: str = "sent", wanted: Wanted = ALL, after: str = "") -> Box:
    with person.transaction() as (session, actor):
        return queries.outbox(session, actor, tab(OUTBOX, key), wanted, Cursor.parse(after))


def ids(box: Box) -> list[UUID]:
    return [line.id for line in box.page.rows]


def send_ago(people: Cast, **ago: float) -> UUID:
    with clock.at(clock.now() - timedelta(**ago)):
        return people.send()


def test_the_most_overdue_comes_first_on_both_sides(people: Cast) -> None:
    latest, first, second = people.send(), send_ago(people, days=3), send_ago(people, days=2)
    assert ids(inbox(people.nurse)) == [first, second, latest]
    assert ids(outbox(people.outreach)) == [first, second, latest]


def test_who_should_have_come_first_comes_first(people: Cast) -> None:
    now = clock.now()
    meetings = [
        Meeting(at=now + timedelta(days=4)),
        Meeting(window_from=now, window_to=now + timedelta(days=2)),
        Meeting(at=now + timedelta(days=1)),
    ]
    made = [people.send() for _ in meetings]
    with people.nurse.transaction() as (session, actor):
        for referral_id, meeting in zip(made, meetings, strict=True):
            answer.accept(session, actor, referral_id, meeting)
        visit.no_show(session, actor, made[1])
    wanted = [made[2], made[1], made[0]]
    assert ids(inbox(people.nurse, "accepted")) == wanted
    assert ids(outbox(people.outreach, "accepted")) == wanted
    assert [line.missed for line in inbox(people.nurse, "accepted").page.rows] == [0, 1, 0]


def test_each_state_is_listed_and_counted_once(people: Cast) -> None:
    sent, accepted, waiting, arrived, declined, cancelled = (people.send() for _ in range(6))
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, accepted, Meeting(at=clock.now() + timedelta(days=1)))
        answer.waitlist(session, actor, waiting)
        answer.accept_and_arrive(session, actor, arrived)
        answer.decline(session, actor, declined, DeclineReason.NO_CAPACITY)
    with people.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, cancelled, CancelReason.NEED_MET)
    for key, wanted in {"sent": [sent], "accepted": [accepted], "waitlisted": [waiting], "arrived": [arrived]}.items():
        assert ids(inbox(people.nurse, key)) == ids(outbox(people.outreach, key)) == wanted
    assert ids(inbox(people.nurse, "closed")) == [cancelled, declined]
    assert ids(outbox(people.outreach, "back")) == [declined]
    assert ids(outbox(people.outreach, "closed")) == [cancelled]
    counts = {"sent": 1, "accepted": 1, "waitlisted": 1, "arrived": 1}
    assert inbox(people.nurse).counts == counts | {"closed": 2}
    assert outbox(people.outreach).counts == counts | {"back": 1, "closed": 1, "drafts": 0}


def test_filters_narrow_the_rows_and_not_the_counts(people: Cast) -> None:
    plain = people.send()
    other = people.send(people.consent(people.second_id)[0])
    with people.outreach.transaction() as (session, actor):
        consent = people.consent()[0]
        request = Request(consent, RequestValues(service="methadone", urgency=Urgency.URGENT))
        urgent = send(session, actor, request).id
    for box in (inbox, outbox):
        person = people.nurse if box is inbox else people.outreach
        assert ids(box(person, "sent", Wanted(programme=people.second_id))) == [other]
        assert ids(box(person, "sent", Wanted(urgency=Urgency.URGENT))) == [urgent]
        assert ids(box(person, "sent", Wanted(people.programme_id, Urgency.ROUTINE))) == [plain]
        assert box(person, "sent", Wanted(urgency=Urgency.URGENT)).counts["sent"] == 3
        assert {view.id for view in box(person).programmes} == {people.programme_id, people.second_id}


def test_a_closed_tab_narrows_to_one_of_its_states(people: Cast) -> None:
    declined, cancelled = people.send(), people.send()
    with people.nurse.transaction() as (session, actor):
        answer.decline(session, actor, declined, DeclineReason.NO_CAPACITY)
    with people.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, cancelled, CancelReason.NEED_MET)
    assert ids(inbox(people.nurse, "closed", Wanted(state=State.DECLINED))) == [declined]
    assert ids(inbox(people.nurse, "closed", Wanted(state=State.EXPIRED))) == []


@pytest.mark.parametrize("key", ["sent", "closed"])
def test_pages_follow_each_other_while_others_work(people: Cast, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    with clock.at(clock.now() - timedelta(hours=1)):  # all at one moment: their ids decide
        made = [people.send() for _ in range(7)]
        if key == "closed":
            with people.nurse.transaction() as (session, actor):
                for referral_id in made:
                    answer.decline(session, actor, referral_id, DeclineReason.NO_CAPACITY)
    for function in (paging.after, paging.soonest, paging.page):
        monkeypatch.setattr(function, "__defaults__", (3,))
    seen, after = [], ""
    while True:
        box = inbox(people.nurse, key, after=after)
        seen += ids(box)
        after = box.page.next
        if not after:
            break
        assert len(box.page.rows) == 3
        people.send()
    assert [one for one in seen if one in made] == sorted(made, key=lambda one: one.bytes)
    assert len(seen) == len(set(seen))


def test_the_inbox_names_nobody_and_the_outbox_names_the_client(people: Cast) -> None:
    people.send()
    received, sent = inbox(people.nurse).page.rows[0], outbox(people.outreach).page.rows[0]
    assert "Canary" not in repr(received)
    assert received.sender is not None
    assert received.sender.id == people.ngo.id
    assert sent.client is not None
    assert sent.client.shown == SOKHA.alias
    assert sent.sender is None


def test_an_outreach_worker_sees_the_referrals_of_their_own_clients(people: Cast) -> None:
    own = people.send()
    colleague = people.ngo.person("outreach")
    assert ids(outbox(colleague)) == []
    assert outbox(colleague).counts["sent"] == 0
    assert outbox(colleague).programmes == ()
    assert ids(outbox(people.caseworker)) == ids(outbox(people.outreach)) == [own]
    with colleague.transaction() as (session, actor):
        theirs = create_client(session, actor, SOKHA)
    both = replace(people, outreach=colleague, client_id=theirs)
    sent = both.send(both.consent(who=colleague)[0])
    assert ids(outbox(colleague)) == [sent]
    assert ids(outbox(people.outreach)) == [own]
    assert outbox(people.caseworker).counts["sent"] == 2


def test_other_organisations_have_boxes_of_their_own(people: Cast, network: Network) -> None:
    people.send()
    outsider = network.organisation("ngo").person("caseworker", "clinician")
    assert ids(inbox(outsider)) == ids(outbox(outsider)) == []
    assert set(inbox(outsider).counts.values()) | set(outbox(outsider).counts.values()) == {0}
    assert ids(inbox(people.outreach)) == ids(outbox(people.nurse)) == []


def test_managers_and_stewards_have_no_boxes(people: Cast, network: Network) -> None:
    assert people.ngo.manager is not None
    for person, error in ((people.ngo.manager, NotAllowed), (network.steward, NotFound)):
        for box in (inbox, outbox):
            with pytest.raises(error):
                box(person)


def test_a_reference_is_found_from_either_side_and_by_nobody_else(people: Cast, network: Network) -> None:
    referral_id = people.send()
    ref = outbox(people.outreach).page.rows[0].ref
    outsider = network.organisation("ngo").person("caseworker")
    colleague = people.ngo.person("outreach")

    def find(person: Person, wanted: str) -> UUID | None:
        with person.transaction() as (session, actor):
            return queries.by_reference(session, actor, wanted)

    assert [find(one, ref) for one in (people.outreach, people.caseworker, people.nurse)] == [referral_id] * 3
    assert find(outsider, ref) is find(colleague, ref) is find(outsider, "R-2222222") is None


@pytest.mark.parametrize(("side", "most"), [("inbox", 4), ("outbox", 6)])
def test_a_page_costs_the_same_however_much_stands_on_it(people: Cast, side: str, most: int) -> None:
    """The outbox pays three more to say what clients are called: the keys, the names, and the audit."""
    person, tabs = (people.nurse, INBOX) if side == "inbox" else (people.outreach, OUTBOX)

    def cost() -> int:
        with person.transaction() as (session, actor), statements(session) as said:
            getattr(queries, side)(session, actor, tabs[0], ALL)
            session.flush()
        return len(said)

    people.send()
    few = cost()
    with people.outreach.transaction() as (session, actor):
        other = create_client(session, actor, SOKHA)
    for _ in range(3):
        people.send(people.consent(people.second_id)[0])
        replace(people, client_id=other).send()
    assert cost() == few <= most


def test_no_statement_reads_whole_rows_or_counts_to_the_end(people: Cast) -> None:
    people.send()
    for side, person, tabs in (("inbox", people.nurse, INBOX), ("outbox", people.outreach, OUTBOX)):
        with person.transaction() as (session, actor), statements(session) as said:
            getattr(queries, side)(session, actor, tabs[0], ALL)
        counting = [one for one in said if "count(" in one]
        assert len(counting) == (side == "outbox")
        assert all(one.count("LIMIT") >= one.count("count(") - 1 for one in counting)  # one's own drafts are few
        assert not any("readable_until" in one or "pseudonym" in one for one in said)


def test_counting_stops_for_an_outreach_worker(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MANY > 99  # the tab says 99+
    monkeypatch.setattr(queries, "MANY", 2)
    for _ in range(3):
        people.send()
    assert outbox(people.outreach).counts["sent"] == 2


def test_what_is_kept_is_what_counting_finds(people: Cast) -> None:
    """Through each kind of step, and on both sides."""
    with people.outreach.transaction() as (session, actor):
        other = create_client(session, actor, SOKHA)
    for acts in ((), (take_in,), (refuse,), (take_in, come)):
        referral = replace(people, client_id=other).send()
        for act in acts:
            with people.nurse.transaction() as (session, actor):
                act(session, actor, referral)
    assert inbox(people.nurse).counts == {"sent": 1, "accepted": 1, "arrived": 1, "waitlisted": 0, "closed": 1}
    assert outbox(people.caseworker).counts == outbox(people.outreach).counts
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral)
    assert inbox(people.nurse).counts == {"sent": 1, "accepted": 1, "arrived": 0, "waitlisted": 0, "closed": 2}
    assert outbox(people.caseworker).counts == outbox(people.outreach).counts


def take_in(session: Session, actor: Actor, referral: UUID) -> None:
    answer.accept(session, actor, referral, tomorrow())


def refuse(session: Session, actor: Actor, referral: UUID) -> None:
    answer.decline(session, actor, referral, DeclineReason.NO_CAPACITY)


def come(session: Session, actor: Actor, referral: UUID) -> None:
    visit.note_arrival(session, actor, referral)
