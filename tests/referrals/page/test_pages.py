"""The page of one referral: what each side sees of it, and what the buttons and addresses do."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core import clock
from app.core.clock import PHNOM_PENH
from orgs.clients.queries import client_values
from orgs.programmes.hours import WeeklyHours
from referrals.life.policy import PARTIES, Party, actions_now
from referrals.life.refusals import refusal
from referrals.life.scope import load
from referrals.life.states import State, can_step
from referrals.page.acts import BY_HAND
from referrals.slips import issue
from tests.cast import CANARIES, Cast, cast, programme
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.referrals.life import standing
from tests.referrals.life.standing import SENT_STATES

MORNINGS = WeeklyHours((((8 * 60, 9 * 60),),) * 7)
DAY = clock.now().astimezone(PHNOM_PENH) + timedelta(days=2)
ON_DAY = {"on-day": DAY.day, "on-month": DAY.month, "on-year": DAY.year}
FROM_TODAY = {
    f"window_{end}-{part}": getattr(day, part)
    for end, day in (("from", DAY - timedelta(days=2)), ("to", DAY))
    for part in ("day", "month", "year")
}


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def people(network: Network) -> Cast:
    return cast(network)


@pytest.fixture(scope="module")
def stood(network: Network, people: Cast) -> dict[State, UUID]:
    """One referral in each state, which no test may change."""
    return {state: standing.referral(network, people, state) for state in SENT_STATES}


@pytest.fixture
def nurse(app: Flask, people: Cast) -> FlaskClient:
    return client_for(app, people.nurse)


@pytest.fixture
def sender(app: Flask, people: Cast) -> FlaskClient:
    return client_for(app, people.outreach)


def seen(client: FlaskClient, referral_id: UUID) -> str:
    answer = client.get(f"/referrals/{referral_id}")
    assert answer.status_code == 200
    return words_of(answer.text)


def post(client: FlaskClient, referral_id: UUID, action: str, **given: object) -> TestResponse:
    return client.post(f"/referrals/{referral_id}/{action}", data=given)


def done(client: FlaskClient, referral_id: UUID, action: str, **given: object) -> str:
    """Do it, and read the page that follows."""
    answer = post(client, referral_id, action, **given)
    assert answer.status_code == 303, words_of(answer.text)
    assert answer.location == f"/referrals/{referral_id}"
    return seen(client, referral_id)


def stands(people: Cast, referral_id: UUID) -> tuple[str, int]:
    with people.outreach.transaction() as (session, actor):
        row = load(session, actor, referral_id).referral
        return row.state, row.version


def offered(html: str, referral_id: UUID) -> set[str]:
    return set(re.findall(rf'(?:href|action)="/referrals/{referral_id}/(\w+)"', html))


SIDES = [("nurse", Party.RECEIVER), ("outreach", Party.SENDER), ("caseworker", Party.SENDER)]


@pytest.mark.parametrize(("who", "party"), SIDES)
@pytest.mark.parametrize("state", SENT_STATES)
def test_the_page_offers_what_the_table_allows_and_refuses_the_rest(
    app: Flask, people: Cast, stood: dict[State, UUID], state: State, who: str, party: Party
) -> None:
    person: Person = getattr(people, who)
    client, referral_id = client_for(app, person), stood[state]
    with person.transaction() as (_session, actor):
        allowed = {action.value for action in actions_now(actor, party, state, is_own=who == "outreach")}
    assert offered(client.get(f"/referrals/{referral_id}").text, referral_id) == allowed
    before = stands(people, referral_id)
    for action in BY_HAND:
        form, sent = client.get(f"/referrals/{referral_id}/{action}"), None
        if action.value in allowed:
            assert form.status_code == 200, action
            continue
        sent = post(client, referral_id, action, version=before[1])
        for answer in (form, sent):
            if party not in PARTIES[action]:
                assert answer.status_code == 403
                assert "Only the organisation on the other side of this referral can do this." in words_of(answer.text)
            else:
                assert not can_step(state, action)
                assert answer.status_code == 409
                assert refusal(state, action) in words_of(answer.text)
    assert stands(people, referral_id) == before


@pytest.mark.parametrize("action", ["", *BY_HAND])
def test_whoever_has_no_part_in_it_finds_nothing(
    app: Flask, network: Network, people: Cast, stood: dict[State, UUID], action: str
) -> None:
    outsider = client_for(app, network.organisation("ngo").person("caseworker", "clinician"))
    foreign, absent = (f"/referrals/{one}/{action}".rstrip("/") for one in (stood[State.SENT], uuid4()))
    for method in ("get", "post") if action else ("get",):
        answers = [getattr(outsider, method)(path) for path in (foreign, absent)]
        assert [one.status_code for one in answers] == [404, 404]
        assert words_of(answers[0].text) == words_of(answers[1].text)


def test_another_outreach_workers_referral_is_not_found(app: Flask, people: Cast, stood: dict[State, UUID]) -> None:
    colleague = client_for(app, people.ngo.person("outreach"))
    assert colleague.get(f"/referrals/{stood[State.SENT]}").status_code == 404
    assert post(colleague, stood[State.SENT], "withdraw").status_code == 404


@pytest.mark.parametrize("house", ["ngo", "clinic"])
def test_managers_are_told_that_it_is_not_their_work(
    app: Flask, people: Cast, stood: dict[State, UUID], house: str
) -> None:
    manager = client_for(app, getattr(people, house).manager)
    for answer in (manager.get(f"/referrals/{stood[State.SENT]}"), post(manager, stood[State.SENT], "withdraw")):
        assert answer.status_code == 403
        assert "Your role does not work with referrals." in words_of(answer.text)


def test_officials_and_stewards_find_nothing(app: Flask, network: Network, stood: dict[State, UUID]) -> None:
    official = network.organisation("commune", area="120112").person("official")
    for person in (official, network.steward):
        client = client_for(app, person)
        assert client.get(f"/referrals/{stood[State.SENT]}").status_code == 404
        assert post(client, stood[State.SENT], "withdraw").status_code == 404


def test_a_form_without_its_token_does_nothing(network: Network, people: Cast, stood: dict[State, UUID]) -> None:
    guarded = client_for(site(network, csrf=True), people.outreach)
    answer = post(guarded, stood[State.SENT], "withdraw")
    assert answer.status_code == 400
    assert stands(people, stood[State.SENT])[0] == State.SENT


# ---- what is seen


@pytest.mark.parametrize("state", [State.SENT, State.WAITLISTED])
def test_the_receiver_sees_nothing_that_names_before_it_accepts(
    nurse: FlaskClient, stood: dict[State, UUID], state: State
) -> None:
    page = seen(nurse, stood[state])
    assert not [word for word in CANARIES if word in page]
    assert "Age group 25 to 34" in page
    assert "You learn who it is when you accept." in page


@pytest.mark.parametrize("state", [State.ACCEPTED, State.ARRIVED, State.COMPLETED, State.STOPPED])
def test_acceptance_shows_who_it_is_with_a_notice_and_until_when(
    nurse: FlaskClient, stood: dict[State, UUID], state: State
) -> None:
    page = seen(nurse, stood[state])
    for word in ("Canary-Alias", "Canary Name", "+85512345678", "Canary drug use", "Canary note"):
        assert word in page
    assert "Canary HIV" not in page
    assert "unless the person permits it anew. You can read it until" in page


@pytest.mark.parametrize("state", [State.DECLINED, State.RELEASED, State.CANCELLED, State.WITHDRAWN, State.EXPIRED])
def test_what_went_back_can_no_longer_be_read(nurse: FlaskClient, stood: dict[State, UUID], state: State) -> None:
    page = seen(nurse, stood[state])
    assert not [word for word in CANARIES if word in page]
    assert "The details can no longer be read here" in page
    assert "Age group" not in page


@pytest.mark.parametrize("state", SENT_STATES)
def test_the_sender_sees_what_it_sent_and_how_much_of_it_is_read(
    sender: FlaskClient, stood: dict[State, UUID], state: State
) -> None:
    page = seen(sender, stood[state])
    assert "Person Canary-Alias" in page
    assert "Canary drug use" in page
    assert "Canary HIV" not in page
    read = {
        State.SENT: "The receiver can read the first part only.",
        State.WAITLISTED: "The receiver can read the first part only.",
        State.ACCEPTED: "The receiver can read both parts until",
        State.ARRIVED: "The receiver can read both parts until",
        State.COMPLETED: "The receiver can read both parts until",
        State.STOPPED: "The receiver can read both parts until",
    }.get(state, "The receiver can no longer read anything of this.")
    assert read in page


def test_titles_name_nobody_and_no_service(nurse: FlaskClient, stood: dict[State, UUID]) -> None:
    for path in ("", "/take", "/withdraw"):
        html = nurse.get(f"/referrals/{stood[State.ACCEPTED]}{path}").text
        title = re.findall("<title>(.*?)</title>", html, re.DOTALL)[0]
        assert not [word for word in (*CANARIES, "Methadone", "Trial programme") if word in title]


def test_own_people_are_named_and_the_other_side_is_an_organisation(app: Flask, network: Network) -> None:
    people = cast(network)
    nurse = people.clinic.person("clinician", name="Bopha")
    worker = people.ngo.person("caseworker", name="Rithy")
    with worker.transaction() as (session, actor):
        client_values(session, actor, people.client_id)
    referral_id = people.send()
    done(client_for(app, nurse), referral_id, "waitlist")
    done(client_for(app, worker), referral_id, "withdraw")
    ours, theirs = (seen(client_for(app, one), referral_id) for one in (worker, nurse))
    story = ours[ours.index("What happened") : ours.index("Your profile")]
    assert "Permission withdrawn" in story
    assert "Rithy The person told the sender" in story
    assert "Bopha" not in story
    story = theirs[theirs.index("What happened") : theirs.index("Your profile")]
    assert "Put on the waiting list" in story
    assert "Bopha" in story
    assert "Rithy" not in story
    assert "The person told" not in story


def test_the_first_look_is_told_once_and_the_senders_never(
    nurse: FlaskClient, sender: FlaskClient, people: Cast
) -> None:
    referral_id = people.send()
    assert "Seen by the receiver" not in seen(sender, referral_id)
    seen(nurse, referral_id)
    seen(nurse, referral_id)
    assert seen(sender, referral_id).count("Seen by the receiver") == 1


# ---- what is done


def test_accepting_with_an_appointment(nurse: FlaskClient, sender: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    page = done(nurse, referral_id, "accept", how="appointment", at="១៤:៣០", **ON_DAY)
    assert "Referral accepted." in page
    assert f"{DAY.day} {DAY:%b %Y}, 14:30" in page
    assert "Canary Name" in page
    theirs = seen(sender, referral_id)
    assert f"{DAY.day} {DAY:%b %Y}, 14:30" in theirs
    assert "Meeting point The blue gate" in theirs


def test_whoever_sets_a_time_reads_when_the_programme_is_open(nurse: FlaskClient, people: Cast) -> None:
    form = words_of(nurse.get(f"/referrals/{people.send()}/accept").text)
    assert re.search(r"Open: \w+day\S* \d\d:\d\d–\d\d:\d\d", form)


def test_what_can_no_longer_be_done_asks_for_nothing(nurse: FlaskClient, stood: dict[State, UUID]) -> None:
    page = nurse.get(f"/referrals/{stood[State.DECLINED]}/accept").text
    assert "Nothing more can be done with it" in page
    assert "How the person comes" not in page


def test_accepting_with_walk_in_days(nurse: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    days = {f"window_{end}-{part}": getattr(DAY, part) for end in ("from", "to") for part in ("day", "month", "year")}
    page = done(nurse, referral_id, "accept", how="walk_in", **days)
    assert f"Walks in between {DAY.day} {DAY:%b %Y} and {DAY.day} {DAY:%b %Y}" in page


def test_bad_times_keep_what_was_typed_and_change_nothing(nurse: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    before = stands(people, referral_id)
    for given, sentence in (
        ({"how": "appointment"}, "Give the day."),
        ({"how": "appointment", "at": "14:30"}, "Give the day."),
        ({"how": "appointment", **ON_DAY}, "Give the time."),
        ({"how": "appointment", "at": "25:99", **ON_DAY}, "Enter a time of day, such as 14:30."),
        ({"how": "appointment", "at": "14:30", **ON_DAY, "on-month": "13"}, "There is no such date."),
        ({"how": "appointment", "at": "14:30", **ON_DAY, "on-year": "2020"}, "That time has passed."),
        ({"how": "appointment", "at": "14:30", **ON_DAY, "on-year": "2099"}, "That is more than half a year ahead."),
        ({"how": "walk_in"}, "Give the first day."),
        ({"how": "sometime"}, "Choose one of the answers in the list."),
    ):
        answer = post(nurse, referral_id, "accept", version=before[1], **given)
        assert answer.status_code == 422
        assert sentence in words_of(answer.text)
        for typed in given.values():
            assert typed == given["how"] or f'value="{typed}"' in answer.text
    assert stands(people, referral_id) == before


def test_outside_the_programmes_hours_is_warned_of_once_and_can_be_kept(
    app: Flask, network: Network, people: Cast, nurse: FlaskClient
) -> None:
    mornings = programme(people.clinic, hours=MORNINGS)
    referral_id = people.send(people.consent(mornings)[0])
    given = {"how": "appointment", "at": "20:00", **ON_DAY}
    assert 'name="keep"' not in nurse.get(f"/referrals/{referral_id}/accept").text
    warned = post(nurse, referral_id, "accept", **given)
    assert warned.status_code == 422
    assert "The programme is closed then." in words_of(warned.text)
    assert 'value="20:00"' in warned.text
    assert stands(people, referral_id)[0] == State.SENT
    assert "20:00" in done(nurse, referral_id, "accept", keep="y", **given)
    assert "08:30" in done(nurse, referral_id, "book", **{**given, "at": "08:30"})


def test_a_time_after_the_end_of_the_permission_is_warned_of_and_can_be_kept(people: Cast, nurse: FlaskClient) -> None:
    referral_id = people.send(people.consent(days=1)[0])
    given = {"how": "appointment", "at": "20:00", **ON_DAY}
    warned = post(nurse, referral_id, "accept", **given)
    assert warned.status_code == 422
    assert "The permission ends before that" in words_of(warned.text)
    assert 'value="20:00"' in warned.text
    assert stands(people, referral_id)[0] == State.SENT
    assert "20:00" in done(nurse, referral_id, "accept", keep="y", **given)


def test_whoever_is_slower_is_told_and_keeps_what_they_typed(
    nurse: FlaskClient, sender: FlaskClient, people: Cast
) -> None:
    referral_id = people.send()
    version = stands(people, referral_id)[1]
    done(nurse, referral_id, "waitlist")
    slow = post(nurse, referral_id, "decline", version=version, reason="too_far")
    assert slow.status_code == 409
    assert "This has changed since you opened it. Look at it again." in words_of(slow.text)
    assert re.search(r'value="too_far" checked', slow.text)
    fresh = re.findall(r'name="version"[^>]*value="(\d+)"', slow.text)
    assert fresh == [str(version + 1)]
    assert "Referral declined." in done(nurse, referral_id, "decline", version=fresh[0], reason="too_far")


def test_a_message_in_between_makes_nobody_start_again(nurse: FlaskClient, sender: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    version = stands(people, referral_id)[1]
    done(nurse, referral_id, "message", question="still_wanted")
    assert "Referral declined." in done(nurse, referral_id, "decline", version=version, reason="too_far")


def test_somebody_else_did_it_first(nurse: FlaskClient, sender: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    version = stands(people, referral_id)[1]
    done(sender, referral_id, "cancel", reason="need_met")
    late = post(nurse, referral_id, "decline", version=version, reason="too_far")
    assert late.status_code == 409
    page = words_of(late.text)
    assert "This referral was cancelled by the organisation that sent it." in page
    assert "Cancelled" in page
    assert 'type="submit" class="govuk-button govuk-button--warning"' not in late.text


@pytest.mark.parametrize("version", ["-1", "x", "99999999999", "៥"])
def test_a_tampered_version_is_never_the_present_one(nurse: FlaskClient, people: Cast, version: str) -> None:
    referral_id = people.send()
    assert post(nurse, referral_id, "waitlist", version=version).status_code == 409
    assert stands(people, referral_id)[0] == State.SENT


def test_declining_with_a_reason_and_a_better_place(nurse: FlaskClient, sender: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    assert "Choose a reason." in words_of(post(nurse, referral_id, "decline").text)
    form = nurse.get(f"/referrals/{referral_id}/decline").text
    assert str(people.programme_id) not in form
    wrong = post(nurse, referral_id, "decline", reason="too_far", suggestion=people.programme_id)
    assert wrong.status_code == 422
    done(nurse, referral_id, "decline", reason="too_far", suggestion=people.second_id)
    page = seen(sender, referral_id)
    assert "Reason Too far from where the person stays" in page
    assert "They suggest Trial programme" in page


def test_the_whole_way_to_an_outcome(nurse: FlaskClient, sender: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    done(nurse, referral_id, "accept", how="appointment", at="10:00", **ON_DAY)
    early = post(nurse, referral_id, "no_show")
    assert early.status_code == 409
    assert "The time that was set has not come yet." in words_of(early.text)
    assert "no_show" not in offered(nurse.get(f"/referrals/{referral_id}").text, referral_id)
    done(nurse, referral_id, "book", how="walk_in", **FROM_TODAY)
    assert "Missed 1 time" in done(nurse, referral_id, "no_show")
    assert "Missed 2 times" in done(nurse, referral_id, "no_show")
    done(nurse, referral_id, "book", how="appointment", at="11:15", **ON_DAY)
    assert "11:15" in seen(sender, referral_id)
    assert "Arrived" in done(nurse, referral_id, "note_arrival")
    assert "Choose an outcome." in words_of(post(nurse, referral_id, "complete").text)
    done(nurse, referral_id, "complete", outcome="course_finished")
    assert "Outcome Course or treatment finished" in seen(sender, referral_id)


def test_giving_back_and_stopping_say_why(nurse: FlaskClient, sender: FlaskClient, people: Cast) -> None:
    given_back, stopped = people.send(), people.send()
    for one in (given_back, stopped):
        standing.accept(people, one)
    done(nurse, given_back, "release", reason="cannot_reach")
    assert "Given back" in (page := seen(sender, given_back))
    assert "We could not reach the person" in page
    done(nurse, stopped, "note_arrival")
    done(nurse, stopped, "stop", reason="left")
    assert "Left; welcome back at any time" in (page := seen(sender, stopped))
    assert "fail" not in page.lower()


def test_withdrawal_says_what_it_cannot_call_back_and_closes_the_packet(
    nurse: FlaskClient, sender: FlaskClient, people: Cast
) -> None:
    referral_id = people.send()
    standing.accept(people, referral_id)
    asked = words_of(sender.get(f"/referrals/{referral_id}/withdraw").text)
    assert "What cannot be called back: what was read or copied already" in asked
    assert "Backups hold the destroyed key" in asked
    done(sender, referral_id, "withdraw")
    page = seen(nurse, referral_id)
    assert not [word for word in CANARIES if word in page]
    assert "Permission withdrawn" in page


def test_after_a_completed_referral_is_withdrawn_nothing_is_left_to_do(nurse: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    standing.arrive(people, referral_id)
    done(nurse, referral_id, "complete", outcome="continues")
    page = done(nurse, referral_id, "withdraw")
    assert "Completed" in page
    assert "The details can no longer be read here" in page
    assert offered(nurse.get(f"/referrals/{referral_id}").text, referral_id) == set()
    again = post(nurse, referral_id, "withdraw")
    assert again.status_code == 409
    assert "There is nothing to take back." in words_of(again.text)
    gone = post(nurse, referral_id, "take", where="new")
    assert gone.status_code == 409
    assert "The details can no longer be read" in words_of(gone.text)


# ---- messages


def test_questions_and_answers_before_acceptance_and_words_after_it(
    nurse: FlaskClient, sender: FlaskClient, people: Cast
) -> None:
    referral_id = people.send()
    assert "message" not in offered(sender.get(f"/referrals/{referral_id}").text, referral_id)
    unasked = post(sender, referral_id, "message", reply="yes")
    assert unasked.status_code == 409
    assert "No question is waiting for an answer." in words_of(unasked.text)
    done(nurse, referral_id, "message", question="needs_escort")
    page = seen(sender, referral_id)
    assert page.count("Does the person need somebody to come along?") == 2  # on the timeline, and above the answers
    done(sender, referral_id, "message", reply="will_ask")
    assert "We will ask the person" in seen(nurse, referral_id)
    assert post(sender, referral_id, "message", body="Canary message").status_code == 422
    standing.accept(people, referral_id)
    done(sender, referral_id, "message", body="Canary message")
    assert "Canary message" in seen(nurse, referral_id)
    too_long = post(nurse, referral_id, "message", body="ក" * 1001)
    assert too_long.status_code == 422
    assert "ក" * 1001 in too_long.text
    done(nurse, referral_id, "release", reason="other")
    assert "Canary message" not in (page := seen(nurse, referral_id))
    assert "It can no longer be read here." in page
    assert "Canary message" in seen(sender, referral_id)


# ---- slips


def test_an_arrival_with_the_slips_code(nurse: FlaskClient, people: Cast) -> None:
    referral_id, other = people.send(), people.send()
    with people.outreach.transaction() as (session, actor):
        code, foreign = (issue.printed(session, actor, one).code for one in (referral_id, other))
    for typed, sentence in (
        (foreign, "This slip belongs to another referral. Open that one."),
        ("ABC", "A slip's code has 8 letters and digits."),
    ):
        wrong = post(nurse, referral_id, "accept_and_arrive", code=typed)
        assert wrong.status_code == 422
        assert sentence in words_of(wrong.text)
        assert stands(people, referral_id)[0] == State.SENT
    assert "Arrived" in done(nurse, referral_id, "accept_and_arrive", code=code.lower())
    used = post(nurse, other, "accept_and_arrive", code=code)
    assert used.status_code == 422
    assert "This slip has been used" in words_of(used.text)
    assert f'value="{code}"' in used.text
    assert stands(people, other)[0] == State.SENT


def test_nothing_is_accepted_on_a_permission_that_ran_out(nurse: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    with clock.at(clock.now() + timedelta(days=91)):
        later = clock.now().astimezone(PHNOM_PENH) + timedelta(days=1)
        on = {f"on-{part}": getattr(later, part) for part in ("day", "month", "year")}
        late = post(nurse, referral_id, "accept", how="appointment", at="14:30", **on)
    assert late.status_code == 409
    assert "The permission has run out. Ask the person again." in words_of(late.text)
    assert 'value="14:30"' in late.text
    assert stands(people, referral_id)[0] == State.SENT


# ---- taking into one's own records


def test_taking_into_our_records_copies_what_is_ticked(nurse: FlaskClient, people: Cast) -> None:
    referral_id = people.send()
    standing.arrive(people, referral_id)
    form = nurse.get(f"/referrals/{referral_id}/take").text
    ticked = set(re.findall(r'value="(\w+)" checked', form))
    assert ticked == {"new", "name", "birth_year", "phone", "contact"}
    page = done(nurse, referral_id, "take", where="new", copied=["phone"])
    assert "Our own record" in page or "Canary-Alias" in page
    html = nurse.get(f"/referrals/{referral_id}").text
    own = re.findall(r'href="/clients/([0-9a-f-]{36})"', html)
    assert len(own) == 1
    assert own[0] != str(people.client_id)
    with people.nurse.transaction() as (session, actor):
        record = client_values(session, actor, UUID(own[0])).record
    assert (record.alias, record.name, record.phone) == ("Canary-Alias", "", "+85512345678")
    assert record.safe_contact == ""
    assert "take" not in offered(html, referral_id)
    again = post(nurse, referral_id, "take", where="new")
    assert again.status_code == 409
    assert "This person is in your records already." in words_of(again.text)


def test_attaching_to_a_record_that_is_there_already(app: Flask, nurse: FlaskClient, people: Cast) -> None:
    first, second = people.send(), people.send(people.consent(people.second_id)[0])
    for one in (first, second):
        standing.arrive(people, one)
    done(nurse, first, "take", where="new", copied=["name"])
    own = re.findall(r'href="/clients/([0-9a-f-]{36})"', nurse.get(f"/referrals/{first}").text)[0]
    with people.nurse.transaction() as (session, actor):
        code = client_values(session, actor, UUID(own)).code
    for typed in ("", "HC-2222222", "Canary-Alias", "012 345 678"):
        wrong = post(nurse, second, "take", where="own", code=typed)
        assert wrong.status_code == 422
        assert "None of your records has this code." in words_of(wrong.text)
        assert typed in wrong.text
    page = done(nurse, second, "take", where="own", code=code.lower())
    assert own in nurse.get(f"/referrals/{second}").text
    assert "Details taken into the receiver's own records" in page
