"""Sending, and going on to alternatives, on PostgreSQL under the web's role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.errors import Conflict, NotFound
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.models import Programme
from referrals.consents.queries import of_client, unused
from referrals.consents.use_cases import withdraw_unused
from referrals.life import packet_store
from referrals.life.disclosure import Need, RequestValues, Urgency
from referrals.life.models import Referral, ReferralClient, ReferralEvent
from referrals.life.reasons import CancelReason, DeclineReason, ReleaseReason
from referrals.life.scope import load
from referrals.life.use_cases import answer, finish
from referrals.sending import alternatives, drafts, use_cases
from referrals.sending.models import Draft
from referrals.sending.use_cases import Request, preview, send
from referrals.slips import issue
from tests.cast import Cast, cast, programme, sitting, tomorrow
from tests.network import Network

ASKS = Criterion(Kind.QUESTION, "q1", question_km="?", question_en="Any small children?")
VALUES = RequestValues(service="methadone", note="Canary note")


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def try_to_send(people: Cast, request: Request, *, seen: str | None = None) -> None:
    with people.outreach.transaction() as (session, actor):
        send(session, actor, request, seen=seen)


def sent(people: Cast) -> list[Referral]:
    with people.outreach.transaction() as (session, _actor):
        return list(session.scalars(select(Referral).order_by(Referral.sent_at)))


def decline(people: Cast, referral_id: UUID) -> None:
    with people.nurse.transaction() as (session, actor):
        answer.decline(session, actor, referral_id, DeclineReason.NO_CAPACITY)


def left(people: Cast, referral_id: UUID) -> list[UUID]:
    with people.outreach.transaction() as (session, actor):
        found = alternatives.alternatives(session, actor, load(session, actor, referral_id))
        return [one.programme.id for one in found]


def go_on(people: Cast, referral_id: UUID) -> UUID:
    with people.outreach.transaction() as (session, actor):
        return alternatives.next_alternative(session, actor, referral_id).id


def send_drafted(people: Cast, *programmes: UUID, **changes: object) -> UUID:
    """Through a draft, as the pages do it: what is said for the alternatives is kept."""
    with people.outreach.transaction() as (session, actor):
        draft_id = drafts.start(session, actor, people.client_id, programmes)
    consents = people.consent(*programmes, answers={one: frozenset({"injecting", "q1"}) for one in programmes})
    with people.outreach.transaction() as (session, actor):
        drafts.save(session, actor, draft_id, consents=consents, **changes)
        seen = alternatives.review(session, actor, draft_id).first.fingerprint
        return alternatives.send_draft(session, actor, draft_id, seen=seen).id


def test_what_is_sent_is_what_was_previewed(people: Cast) -> None:
    request = Request(people.consent(answers={people.programme_id: frozenset({"injecting"})})[0], VALUES)
    with people.outreach.transaction() as (session, actor):
        shown = preview(session, actor, request)
        referral_id = send(session, actor, request, seen=shown.fingerprint).id
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
        packet = packet_store.read(session, actor, load(session, actor, referral_id))
    assert (packet.triage, packet.identity) == (shown.triage, shown.identity)


def test_the_service_told_is_the_programmes_own(people: Cast) -> None:
    try_to_send(people, Request(people.consent()[0], RequestValues(service="shelter")))
    (referral,) = sent(people)
    with people.nurse.transaction() as (session, actor):
        triage = packet_store.read(session, actor, load(session, actor, referral.id)).triage
    assert triage is not None
    assert (referral.service, triage.service) == ("methadone", "methadone")


def test_an_id_tells_the_moment_only_where_the_row_does(people: Cast) -> None:
    """When a permission was given, its receiver is not told: it may have been a second choice."""
    people.send()
    (row,) = sent(people)
    assert row.id.version == 7
    assert abs((row.id.int >> 80) - row.sent_at.timestamp() * 1000) < 60_000
    assert row.consent_id.version == 4
    with people.outreach.transaction() as (session, _actor):
        (link,) = session.scalars(select(ReferralClient))
        assert {link.sitting_id.version, link.client_id.version} == {4}
        assert {one.version for one in session.scalars(select(ReferralEvent.id))} == {7}


def test_a_permission_for_another_programme_sends_nothing(people: Cast) -> None:
    with pytest.raises(Conflict, match="The permission is for another programme"):
        try_to_send(people, Request(people.consent()[0], VALUES, programme_id=people.second_id))
    with pytest.raises(NotFound):
        try_to_send(people, Request(uuid4(), VALUES))
    with pytest.raises(Conflict, match="has changed since you looked"):
        try_to_send(people, Request(people.consent()[0], VALUES), seen="something else")
    assert sent(people) == []


def test_a_permission_carries_one_open_referral(people: Cast) -> None:
    consent_id = people.consent()[0]
    people.send(consent_id)
    with pytest.raises(Conflict, match="sent on this permission already"):
        people.send(consent_id)


def test_the_database_itself_takes_no_second_referral_on_a_permission(people: Cast) -> None:
    referral_id = people.send()
    with people.outreach.transaction() as (session, actor):
        first = load(session, actor, referral_id).referral
        said = {column.key: getattr(first, column.key) for column in Referral.__mapper__.columns}
        session.add(Referral(**said | {"id": uuid4(), "ref": "R-2222222"}))
        with pytest.raises(IntegrityError, match="referrals_resting"):
            session.flush()
        session.rollback()


def test_a_reference_that_is_taken_is_no_refusal(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    first = people.send()
    with people.outreach.transaction() as (session, actor):
        taken = load(session, actor, first).referral.ref
    drawn = iter([taken, taken, "R-3333333"])
    monkeypatch.setattr(use_cases, "reference", lambda: next(drawn))
    second = people.send(people.consent(people.second_id)[0])
    with people.outreach.transaction() as (session, actor):
        assert load(session, actor, second).referral.ref == "R-3333333"


def test_after_a_referral_was_cancelled_its_permission_serves_again(people: Cast) -> None:
    consent_id = people.consent()[0]
    referral_id = people.send(consent_id)
    with people.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, referral_id, CancelReason.SENT_BY_MISTAKE)
    people.send(consent_id)
    assert len(sent(people)) == 2


@pytest.mark.parametrize("printed", [False, True])
def test_a_step_in_the_transaction_that_sent_ends_what_was_sent(people: Cast, *, printed: bool) -> None:
    """The packet and the slip, which are written last, are there for the database to close them."""
    consent_id = people.consent()[0]
    with people.outreach.transaction() as (session, actor):
        row = send(session, actor, Request(consent_id, VALUES))
        assert not printed or issue.printed(session, actor, row.id).code
        finish.cancel(session, actor, row.id, CancelReason.SENT_BY_MISTAKE)
    with people.outreach.transaction() as (session, actor), pytest.raises(Conflict):
        issue.printed(session, actor, row.id)
    again = people.send(consent_id)
    with people.outreach.transaction() as (session, actor):
        assert issue.printed(session, actor, again).code


def test_two_who_send_on_one_permission_at_once_send_once(people: Cast) -> None:
    consent_id, together, outcomes = people.consent()[0], Barrier(2), []

    def run(act: Callable[[], object]) -> None:
        together.wait()
        try:
            act()
            outcomes.append("done")
        except Conflict:
            outcomes.append("refused")

    threads = [Thread(target=run, args=(lambda: people.send(consent_id),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert len(sent(people)) == 1


def test_sending_is_told_counted_and_audited(people: Cast) -> None:
    referral_id = people.send()
    with people.outreach.transaction() as (session, actor):
        assert session.scalars(select(ReferralEvent.kind)).all() == ["sent"]
        link = session.scalars(select(ReferralClient)).one()
        assert (link.referral_id, link.staff_id) == (referral_id, actor.staff_id)
        audited = session.execute(
            text("SELECT count(*) FROM app.audit_log WHERE action = 'referral.sent' AND subject_id = :id"),
            {"id": referral_id},
        ).scalar_one()
    assert audited == 1


def test_alternatives_go_in_the_clients_order_and_once_each(people: Cast) -> None:
    third = programme(people.clinic, criteria=(ASKS,))
    first = send_drafted(
        people, people.programme_id, people.second_id, third,
        urgency=Urgency.URGENT, needs=frozenset({Need.ESCORT}), note="Canary note", said={third: {"q1": True}},
    )  # fmt: skip
    assert left(people, first) == []
    decline(people, first)
    assert left(people, first) == [people.second_id, third]
    second = go_on(people, first)
    assert left(people, first) == []
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, second, tomorrow())
        finish.release(session, actor, second, ReleaseReason.CANNOT_SERVE)
    assert left(people, second) == [third]
    last = go_on(people, second)
    with people.nurse.transaction() as (session, actor):
        triage = packet_store.read(session, actor, load(session, actor, last)).triage
        answer.accept(session, actor, last, tomorrow())
        identity = packet_store.read(session, actor, load(session, actor, last)).identity
    assert triage is not None
    assert identity is not None
    assert (triage.urgency, triage.needs, triage.criteria) == (Urgency.URGENT, (Need.ESCORT,), {"q1": True})
    assert identity.note == "Canary note"
    with people.outreach.transaction() as (session, _actor):
        assert session.scalars(select(Draft)).all() == []
        links = {one.referral_id: one.previous_id for one in session.scalars(select(ReferralClient))}
    assert links == {first: None, second: first, last: second}


def test_without_a_draft_the_first_packet_says_what_was_said(people: Cast) -> None:
    consents = people.consent(people.programme_id, people.second_id)
    with people.outreach.transaction() as (session, actor):
        values = RequestValues("methadone", Urgency.SOON, frozenset({Need.CHILDCARE}), {}, "Canary note")
        first = send(session, actor, Request(consents[0], values)).id
    decline(people, first)
    second = go_on(people, first)
    with people.outreach.transaction() as (session, actor):
        packet = packet_store.read(session, actor, load(session, actor, second))
    assert packet.triage is not None
    assert packet.identity is not None
    assert (packet.triage.urgency, packet.triage.needs) == (Urgency.SOON, (Need.CHILDCARE,))
    assert packet.identity.note == "Canary note"


def test_an_alternative_whose_permission_is_gone_or_that_takes_nobody_is_left_out(people: Cast) -> None:
    full = programme(people.clinic, capacity=0)
    first = send_drafted(people, people.programme_id, full, people.second_id)
    decline(people, first)
    assert left(people, first) == [people.second_id]
    with people.outreach.transaction() as (session, actor):
        (row,) = (one for one in unused(session, actor, people.client_id) if one.programme_id == people.second_id)
        withdraw_unused(session, actor, row.id)
    assert left(people, first) == []
    with pytest.raises(Conflict, match="There is no alternative"):
        go_on(people, first)


def test_an_alternative_lapses_with_its_permission(people: Cast) -> None:
    first = send_drafted(people, people.programme_id, people.second_id)
    decline(people, first)
    with clock.at(clock.now() + timedelta(days=91)):
        assert left(people, first) == []


def test_a_withdrawn_referral_does_not_go_on(people: Cast) -> None:
    first = send_drafted(people, people.programme_id, people.second_id)
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, first)
    assert left(people, first) == []
    with pytest.raises(Conflict):
        go_on(people, first)


def test_one_sitting_gives_one_permission_for_each_programme(people: Cast) -> None:
    people.consent(people.programme_id, people.second_id)
    with people.outreach.transaction() as (session, actor):
        rows = of_client(session, actor, people.client_id)
    assert [(row.rank, row.programme_id) for row in rows] == [(1, people.programme_id), (2, people.second_id)]
    assert len({row.sitting_id for row in rows}) == 1
    assert sitting(people.outreach).categories == {*rows[0].categories}


def test_a_programme_that_left_the_directory_since_takes_nothing(people: Cast) -> None:
    consent_id, manager = people.consent()[0], people.clinic.manager
    assert manager is not None
    with manager.transaction() as (session, actor):
        gone = update(Programme).where(Programme.org_id == actor.org_id, Programme.id == people.programme_id)
        session.execute(gone.values(published=False))
    with pytest.raises(Conflict, match="takes no referrals at the moment"):
        try_to_send(people, Request(consent_id, RequestValues(service="methadone")))
    assert sent(people) == []
