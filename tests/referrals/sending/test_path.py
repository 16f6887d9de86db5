"""The guided path as a worker walks it on a phone: few pages, few things to touch, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from orgs.clients.records import Facts, Record
from orgs.clients.use_cases import archive, create_client
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.queries import to_manage
from orgs.programmes.records import OwnProgramme
from orgs.programmes.rules import ProgrammeValues
from orgs.programmes.use_cases import change_programme
from referrals.consents.models import ConsentRow
from referrals.consents.use_cases import withdraw_unused
from referrals.life import packet_store
from referrals.life.models import Referral, ReferralClient
from referrals.life.reasons import DeclineReason, Outcome, ReleaseReason
from referrals.life.scope import load
from referrals.life.use_cases import answer, finish
from referrals.sending import drafts
from tests.cast import Cast, cast, programme, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.referrals.sending.walk import AGREES, Walk

ABSENT = UUID(int=7)
CHILDREN = Criterion(Kind.QUESTION, "q1", question_km="តើមានកូនតូចទេ?", question_en="Any small children?")


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@pytest.fixture
def walk(pages: Flask, people: Cast) -> Walk:
    return Walk(client_for(pages, people.outreach))


def sent(people: Cast) -> list[Referral]:
    with people.caseworker.transaction() as (session, actor):
        return list(
            session.scalars(select(Referral).where(Referral.sender_org_id == actor.org_id).order_by(Referral.sent_at))
        )


def consents(people: Cast) -> list[ConsentRow]:
    with people.caseworker.transaction() as (session, actor):
        wanted = select(ConsentRow).where(ConsentRow.org_id == actor.org_id).order_by(ConsentRow.rank)
        return list(session.scalars(wanted))


def record_of(person: Person, **facts: Any) -> UUID:
    with person.transaction() as (session, actor):
        return create_client(session, actor, Record(alias="Young", facts=Facts(**facts)))


def change(people: Cast, programme_id: UUID, **changes: Any) -> None:
    """The clinic's manager changes one of its programmes."""
    assert people.clinic.manager is not None
    with people.clinic.manager.transaction() as (session, actor):
        own = to_manage(session, actor, programme_id)
        values = programme_values(own)
        change_programme(session, actor, programme_id, replace(values, **changes), version=own.version)


def programme_values(own: OwnProgramme) -> ProgrammeValues:
    names = ProgrammeValues.__dataclass_fields__
    return ProgrammeValues(**{name: getattr(own, name, getattr(own.view, name, None)) for name in names})


def test_a_referral_is_sent_in_six_pages_and_few_touches(walk: Walk, people: Cast) -> None:
    assert f"/send/for/{people.client_id}" in walk.open(f"/clients/{people.client_id}").seen.text
    walk.to_consent(people.client_id, people.programme_id)
    review = walk.send(**AGREES, answers="0").words
    assert "Does the person inject? Yes" in review
    assert "Canary-Alias" in review
    assert "Canary HIV" not in review
    assert "Canary drug use" not in review
    done = walk.send().words
    (referral,) = sent(people)
    assert f"Sent: {referral.ref}" in done
    assert (walk.loads, walk.status) == (6, 200)
    assert walk.touched <= 8
    assert f"/referrals/{referral.id}/slip.pdf" in walk.seen.text


def test_what_nobody_told_is_said_to_be_untold(walk: Walk, people: Cast) -> None:
    walk.to_consent(record_of(people.outreach, birth_year=1990), people.programme_id)
    review = walk.send(**AGREES, answers="0").words
    assert "Needs, to be able to come Not told Stays in Not told" in review


def test_the_review_is_exactly_what_the_receiver_gets(walk: Walk, people: Cast) -> None:
    walk.to_request(people.client_id, people.programme_id)
    walk.send(urgency="urgent", needs=["escort"], categories=["identity", "drug_use"], note="Canary note")
    review = walk.send(**AGREES).words
    before, _, after = review.partition("Only when they accept")
    assert "Urgent" in before
    assert "Somebody to come along" in before
    assert "Canary" not in before.partition("At once, before they answer")[2]
    assert "inject?" not in review  # known, but not agreed to
    walk.send()
    (referral,) = sent(people)
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral.id, tomorrow())
        packet = packet_store.read(session, actor, load(session, actor, referral.id))
    assert packet.triage is not None
    assert packet.triage.criteria == {}
    assert packet.identity is not None
    for value in (packet.identity.alias, packet.identity.name, packet.identity.note, "Canary drug use"):
        assert value in after
    assert packet.identity.phone == ""
    assert "12345678" not in review
    assert "Canary HIV" not in repr(packet)


def test_what_changed_after_the_review_is_looked_at_again(walk: Walk, people: Cast) -> None:
    walk.to_review(people.client_id, people.programme_id)
    other = Walk(walk.browser).open(f"/send/{walk.draft_id}/request")
    other.send(urgency="urgent")
    refused = walk.send()
    assert walk.status == 409
    assert "has changed since you looked" in refused.words
    assert "Urgent" in refused.words
    assert sent(people) == []
    walk.send()
    assert [referral.urgency for referral in sent(people)] == ["urgent"]


def test_a_draft_stops_and_goes_on_where_it_was(walk: Walk, people: Cast) -> None:
    walk.to_request(people.client_id, people.programme_id).send(urgency="soon", note="Canary note")
    page = walk.open(f"/clients/{people.client_id}")
    assert "Draft: go on with it" in page.words
    resumed = walk.open(re.findall(r'href="(/send/[0-9a-f-]{36})"', page.seen.text)[0])
    assert resumed.path.endswith("/consent")
    walk.send(**AGREES)
    assert len(consents(people)) == 1
    later = walk.open(f"/send/{walk.draft_id}")
    assert later.path.endswith("/review")
    assert "Soon" in later.words
    assert "Go on with it" in walk.open(f"/send/for/{people.client_id}").words


def test_a_discarded_draft_is_gone_and_its_permission_stays_and_serves(walk: Walk, people: Cast) -> None:
    walk.to_review(people.client_id, people.programme_id)
    draft_id = walk.draft_id
    answer_ = walk.browser.post(f"/send/{draft_id}/discard", follow_redirects=True)
    assert "Permissions that are not used" in answer_.text
    assert walk.browser.get(f"/send/{draft_id}/review").status_code == 404
    again = walk.to_consent(people.client_id, people.programme_id)
    assert "The person has given permission already" in again.words
    walk.browser.post(f"/send/{walk.draft_id}/consent/use")
    walk.open(f"/send/{walk.draft_id}").send()
    assert [referral.consent_id for referral in sent(people)] == [row.id for row in consents(people)]
    assert "given permission already" not in walk.to_consent(people.client_id, people.programme_id).words


def test_the_words_change_with_what_is_chosen_and_are_read_again(walk: Walk, people: Cast) -> None:
    walk.to_consent(people.client_id, people.programme_id)
    assert "លេខទូរស័ព្ទរបស់អ្នក" in walk.words
    refused = walk.send(**AGREES, categories=["identity"], language="en", expires_at="30")
    assert walk.status == 422
    assert "Read them out again" in refused.words
    assert "the name that you use and your year of birth. Nothing else." in refused.words
    assert consents(people) == []
    large = Walk(walk.browser).open(f"/send/{walk.draft_id}/words/en").words
    assert "the name that you use and your year of birth. Nothing else." in large
    assert "Canary" not in large
    walk.send()
    (row,) = consents(people)
    assert (row.categories, row.wording_language) == (["identity"], "en")
    assert row.expires_at - row.given_at == timedelta(days=30)


@pytest.mark.parametrize(
    ("touched", "sentence"),
    [
        ({}, "Say whether the person is able to decide now."),
        ({"able_to_decide": "no", "how": "signature"}, "Permission is not taken while the person cannot decide."),
        ({"able_to_decide": "yes"}, "Say how the person gave permission."),
        ({**AGREES, "witness_id": ""}, "Choose the staff member before whom permission was given."),
        ({**AGREES, "how": "telepathy"}, "Choose one of the answers in the list."),
        ({**AGREES, "witness_id": str(ABSENT)}, "Choose one of the answers in the list."),
    ],
)
def test_a_permission_with_something_missing_is_none(
    walk: Walk, people: Cast, touched: dict[str, str], sentence: str
) -> None:
    walk.to_consent(people.client_id, people.programme_id)
    refused = walk.send(**touched)
    assert refused.status == 422
    assert sentence in refused.words
    assert consents(people) == []
    if touched.get("how") == "spoken_witnessed":
        assert re.search(r'value="spoken_witnessed" checked', refused.seen.text)


@pytest.mark.parametrize("days", ["0", "366", "999999999", "-5", "many", ""])
def test_no_permission_lasts_for_an_absurd_time(walk: Walk, people: Cast, days: str) -> None:
    walk.to_consent(people.client_id, people.programme_id).send(**AGREES, expires_at=days)
    refused = walk.send()
    assert refused.status == 422
    assert "Choose between 1 and 365 days." in refused.words or "Enter a whole number" in refused.words
    assert consents(people) == []


def test_without_a_name_nothing_is_asked(walk: Walk, people: Cast) -> None:
    walk.to_request(people.client_id, people.programme_id).send(categories=["phone"])
    assert "Without a name or an alias nobody can be received." in walk.send(**AGREES).words


def test_the_part_on_minors_is_there_only_when_it_applies(walk: Walk, people: Cast) -> None:
    assert "under 18" not in walk.to_consent(people.client_id, people.programme_id).words
    young = record_of(people.outreach, birth_year=clock.now().year - 15)
    page = walk.to_consent(young, people.programme_id)
    assert "អ្នកនៅក្មេង" in page.words
    assert "Was a guardian involved?" in page.words
    refused = walk.send(**AGREES)
    assert "The person is under 18." in refused.words
    assert "Say whether a guardian was involved" in refused.words
    walk.send(assent="y", guardian="not_safe")
    (row,) = consents(people)
    assert (row.assent, row.guardian) == (True, "not_safe")


def test_where_nobody_knows_the_age_staff_are_asked(walk: Walk, people: Cast) -> None:
    unknown = record_of(people.outreach)
    page = walk.to_consent(unknown, people.programme_id)
    assert "The person is, or may be, under 18" in page.words
    assert "The person is under 18. Explain it" in walk.send(**AGREES, minor="y").words
    walk.send(assent="y", guardian="involved")
    assert [row.guardian for row in consents(people)] == ["involved"]


def test_each_programmes_own_questions_are_asked_and_told_only_to_it(walk: Walk, people: Cast) -> None:
    asking = programme(people.clinic, criteria=(CHILDREN, Criterion(Kind.INJECTING, "i")))
    walk.to_request(people.client_id, people.programme_id, asking)
    assert "Any small children?" in walk.words
    assert "Does the person inject?" not in walk.words  # the record tells
    walk.send(answer_1="yes")
    assert "Any small children? Yes" in walk.words
    review = walk.send(**AGREES, answers=["0", "1"]).words
    first, _, second = review.partition("If they cannot")
    assert "Any small children?" not in first
    assert "Any small children? Yes" in second
    walk.send()
    (row, other) = consents(people)
    assert (row.answers, other.answers) == (["injecting"], ["i", "q1"])


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({}, "Choose a programme first."),
        ({"second": "same"}, "Choose one programme and up to two different alternatives."),
        ({"programme": "absent"}, "Choose one of the answers in the list."),
        ({"programme": "own"}, "Choose one of the answers in the list."),
    ],
)
def test_a_choice_that_is_none(walk: Walk, people: Cast, chosen: dict[str, str], sentence: str) -> None:
    values = {"same": people.programme_id, "absent": uuid4(), "own": programme(people.ngo)}
    touched = {name: str(values[value]) for name, value in chosen.items()}
    if chosen.get("second"):
        touched["programme"] = str(people.programme_id)
    walk.open(f"/send/for/{people.client_id}").send(**touched)
    assert walk.status == 422
    assert sentence in walk.words
    assert "Draft" not in walk.open(f"/clients/{people.client_id}").words


def test_the_first_choice_is_not_called_optional(walk: Walk, people: Cast) -> None:
    page = walk.open(f"/send/for/{people.client_id}").words
    assert "First choice" in page
    assert "(optional)" not in page


def test_the_filter_stands_in_no_address(walk: Walk, people: Cast) -> None:
    shelter = programme(people.clinic, service="shelter", name_en="Only Shelter")
    walk.open(f"/send/for/{people.client_id}").send(service="shelter", show="y")
    assert (walk.status, walk.seen.request.query_string) == (200, b"")
    assert str(shelter) in walk.seen.text
    assert str(people.programme_id) not in walk.seen.text
    assert "Choose a programme first." not in walk.words


def test_who_does_not_fit_is_told_why_and_may_still_be_sent(walk: Walk, people: Cast) -> None:
    old = programme(people.clinic, criteria=(Criterion(Kind.MIN_AGE, "min", 60),))
    walk.open(f"/send/for/{people.client_id}")
    assert "Too young: it is for people of 60 or over." in walk.words
    walk.to_review(people.client_id, old).send()
    assert [referral.programme_id for referral in sent(people)] == [old]


def _lapse(people: Cast) -> None:
    """Nothing to do: the test looks again after ninety days."""


def _withdraw(people: Cast) -> None:
    (row,) = consents(people)
    with people.outreach.transaction() as (session, actor):
        withdraw_unused(session, actor, row.id)


def _close(people: Cast) -> None:
    change(people, people.programme_id, accepting=False)


def _fill(people: Cast) -> None:
    change(people, people.programme_id, capacity=0)


def _archive(people: Cast) -> None:
    with people.outreach.transaction() as (session, actor):
        archive(session, actor, people.client_id, version=1)


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (_withdraw, "The person has withdrawn this permission. Nothing can be sent on it."),
        (_close, "This programme takes no referrals at the moment. Choose another one."),
        (_fill, "This programme is full. Choose another one, or say that the person is content to wait."),
        (_archive, "This record is archived. Bring it back first."),
        (_lapse, "The permission has run out. Ask the person again."),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_is_sent(
    walk: Walk, people: Cast, happens: Callable[[Cast], None], sentence: str
) -> None:
    walk.to_review(people.client_id, people.programme_id)
    happens(people)
    later = clock.now() + timedelta(days=91 if happens is _lapse else 0)
    with clock.at(later):
        refused = walk.send()
        assert refused.status == 409
        assert sentence in refused.words
        assert "Your draft is kept." in refused.words
        assert walk.open(f"/send/{walk.draft_id}/request").status == 200
    assert sent(people) == []


def test_a_full_programme_is_asked_when_the_person_is_content_to_wait(walk: Walk, people: Cast) -> None:
    _fill(people)
    page = walk.to_request(people.client_id, people.programme_id)
    assert "The person is content to wait for a place" in page.words
    walk.send(waiting_list="y").send(**AGREES)
    walk.send()
    assert len(sent(people)) == 1


def test_other_programmes_need_another_permission(walk: Walk, people: Cast) -> None:
    walk.to_review(people.client_id, people.programme_id)
    draft_id = walk.draft_id
    walk.open(f"/send/{draft_id}/programmes").send(programme=str(people.second_id))
    refused = walk.browser.get(f"/send/{draft_id}/review")
    assert refused.status_code == 409
    assert "There is no permission from this person for this programme. Ask for it first." in refused.text
    assert walk.browser.post(f"/send/{draft_id}/review", data={"seen": "x"}).status_code == 409
    assert sent(people) == []


def test_a_draft_is_sent_once(walk: Walk, people: Cast) -> None:
    walk.to_review(people.client_id, people.programme_id, people.second_id)
    again = walk.seen
    walk.send()
    seen = re.findall(r'name="seen" type="hidden" value="(\w+)"', again.text)
    late = walk.browser.post(again.request.path, data={"seen": seen})
    assert late.status_code == 404
    assert "it was sent, or thrown away" in late.text
    assert len(sent(people)) == 1


def test_others_drafts_are_not_found(pages: Flask, walk: Walk, people: Cast) -> None:
    walk.to_review(people.client_id, people.programme_id)
    steps = ("", "/programmes", "/request", "/consent", "/words/km", "/review")
    for person in (people.caseworker, people.nurse, people.ngo.person("outreach")):
        browser = client_for(pages, person)
        for step in steps:
            assert browser.get(f"/send/{walk.draft_id}{step}").status_code == 404, (person, step)
            assert browser.get(f"/send/{uuid4()}{step}").status_code == 404
        assert browser.post(f"/send/{walk.draft_id}/review", data={"seen": "x"}).status_code == 404
        assert browser.post(f"/send/{walk.draft_id}/discard").status_code == 404
    foreign = client_for(pages, people.nurse)
    assert foreign.get(f"/send/for/{people.client_id}").status_code == 404
    assert foreign.get(f"/send/permissions/{consents(people)[0].id}/withdraw").status_code == 404
    assert client_for(pages, people.ngo.manager).get(f"/send/for/{people.client_id}").status_code == 403
    assert sent(people) == []


def test_a_form_without_its_token_is_refused(network: Network, people: Cast) -> None:
    strict = client_for(site(network, csrf=True), people.outreach)
    answer_ = strict.post(f"/send/for/{people.client_id}", data={"programme": str(people.programme_id)})
    assert answer_.status_code == 400


def test_an_unused_permission_is_withdrawn_from_the_persons_page(walk: Walk, people: Cast) -> None:
    consent_id = people.consent()[0]
    assert f"/send/permissions/{consent_id}/withdraw" in walk.open(f"/clients/{people.client_id}").seen.text
    done = walk.open(f"/send/permissions/{consent_id}/withdraw").send()
    assert "The permission is withdrawn." in done.words
    assert "Permissions that are not used" not in done.words
    walk.open(f"/send/permissions/{consent_id}/withdraw").send()
    assert "This permission has been withdrawn already." in walk.words
    assert walk.status == 409


def test_a_permission_that_carries_a_referral_is_withdrawn_on_its_page(walk: Walk, people: Cast) -> None:
    consent_id = people.consent()[0]
    people.send(consent_id)
    walk.open(f"/send/permissions/{consent_id}/withdraw").send()
    assert walk.status == 409
    assert "A referral rests on this permission." in walk.words


@pytest.mark.parametrize("no", ["declined", "released"])
def test_after_a_no_one_step_sends_to_the_next(walk: Walk, people: Cast, no: str) -> None:
    walk.to_review(people.client_id, people.programme_id, people.second_id).send()
    (first,) = sent(people)
    address = f"/referrals/{first.id}/next"
    assert address not in walk.open(f"/referrals/{first.id}").seen.text
    assert walk.browser.post(address).status_code == 409
    with people.nurse.transaction() as (session, actor):
        if no == "declined":
            answer.decline(session, actor, first.id, DeclineReason.NO_CAPACITY)
        else:
            answer.accept(session, actor, first.id, tomorrow())
            finish.release(session, actor, first.id, ReleaseReason.CANNOT_SERVE)
    assert address in walk.open(f"/referrals/{first.id}").seen.text
    done = walk.browser.post(address, follow_redirects=True)
    assert done.status_code == 200
    _, second = sent(people)
    assert second.ref in done.text
    assert second.programme_id == people.second_id
    assert f'href="/referrals/{second.id}">{second.ref}</a>' in walk.open(f"/referrals/{first.id}").seen.text
    assert "It went on to" not in client_for(walk.browser.application, people.nurse).get(f"/referrals/{first.id}").text
    assert walk.browser.post(address).status_code == 409
    assert len(sent(people)) == 2


def test_the_receiver_and_strangers_cannot_go_on_to_an_alternative(pages: Flask, walk: Walk, people: Cast) -> None:
    walk.to_review(people.client_id, people.programme_id, people.second_id).send()
    (first,) = sent(people)
    with people.nurse.transaction() as (session, actor):
        answer.decline(session, actor, first.id, DeclineReason.NO_CAPACITY)
    address = f"/referrals/{first.id}/next"
    assert client_for(pages, people.nurse).post(address).status_code == 409
    for person in (people.ngo.person("outreach"), people.ngo.network.organisation().person("caseworker")):
        assert client_for(pages, person).post(address).status_code == 404
    assert client_for(pages, people.nurse).get(f"/send/done/{first.id}").status_code == 404
    assert len(sent(people)) == 1


def test_a_completed_referral_offers_a_next_step(walk: Walk, people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, referral_id)
        finish.complete(session, actor, referral_id, Outcome.COURSE_FINISHED)
    assert f"/send/for/{people.client_id}?after={referral_id}" in walk.open(f"/referrals/{referral_id}").seen.text
    walk.open(f"/send/for/{people.client_id}?after={referral_id}").send(programme=str(people.second_id))
    walk.send().send(**AGREES)
    walk.send()
    with people.outreach.transaction() as (session, _actor):
        previous = set(session.scalars(select(ReferralClient.previous_id)))
    assert previous == {None, referral_id}


@pytest.mark.parametrize("after", ["nonsense", str(ABSENT)])
def test_a_next_step_of_nothing_is_not_found(walk: Walk, people: Cast, after: str) -> None:
    walk.open(f"/send/for/{people.client_id}?after={after}").send(programme=str(people.programme_id))
    assert walk.status == 404
    with people.outreach.transaction() as (session, actor):
        assert drafts.drafts(session, actor) == []
