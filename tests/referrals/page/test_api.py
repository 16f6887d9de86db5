"""One referral over the JSON API: the same steps, walls and sentences as on the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.core import clock
from app.core.clock import PHNOM_PENH
from orgs.programmes.hours import WeeklyHours
from referrals.life.policy import NOT_BY_HAND, PARTIES
from referrals.life.states import Action
from referrals.page.api import DEEDS
from referrals.slips import issue
from tests.cast import CANARIES, Cast, cast, programme
from tests.network import Network
from tests.pages import site
from tests.referrals.api_people import ROOT, Desk, refused


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@pytest.fixture
def sender(app: Flask, people: Cast) -> Desk:
    return Desk.of(app, people.outreach)


@pytest.fixture
def nurse(app: Flask, people: Cast) -> Desk:
    return Desk.of(app, people.nurse)


def tomorrow() -> dict[str, str]:
    return {"at": (clock.now() + timedelta(days=1)).isoformat()}


def from_now_on() -> dict[str, str]:
    return {"window_from": clock.now().isoformat(), "window_to": tomorrow()["at"]}


def state_of(desk: Desk, referral_id: UUID) -> tuple[str, int]:
    seen = desk.see(referral_id)
    return seen["state"], seen["version"]


def named(answer: Any) -> list[str]:
    return [word for word in CANARIES if word in str(answer)]


def test_every_action_by_hand_has_its_route() -> None:
    assert set(DEEDS) == set(PARTIES) - NOT_BY_HAND - {Action.SEND}


def test_the_answer_to_a_step_tells_of_that_step_as_every_later_one_does(
    people: Cast, sender: Desk, nurse: Desk
) -> None:
    referral_id = people.send()
    first = nurse.see(referral_id)
    accepted = nurse.done(referral_id, "accept", tomorrow())
    assert [one["kind"] for one in first["timeline"]] == ["sent", "seen"]
    assert [one["kind"] for one in accepted["timeline"]] == ["sent", "seen", "accepted"]
    assert nurse.see(referral_id)["timeline"] == accepted["timeline"]
    assert [one["kind"] for one in sender.see(referral_id)["timeline"]] == ["sent", "seen", "accepted"]


def test_one_referral_from_sending_to_outcome(people: Cast, sender: Desk, nurse: Desk) -> None:
    referral_id = people.send()
    first = nurse.see(referral_id)
    assert named(first) == []
    assert first["packet"]["triage"]["age_band"] == "25_34"
    assert first["packet"]["identity"] is None
    assert (first["side"], first["consent_id"], first["client_id"]) == ("receiver", None, None)
    assert "accept" in first["actions"]
    assert sender.see(referral_id)["seen_at"] is not None

    nurse.done(referral_id, "message", {"question": "can_come_soon"})
    sender.done(referral_id, "message", {"answer": "yes"})
    accepted = nurse.done(referral_id, "accept", from_now_on())
    assert (accepted["state"], accepted["fhir_status"]) == ("accepted", "accepted")
    assert accepted["packet"]["identity"]["alias"] == "Canary-Alias"
    assert accepted["packet"]["identity"]["details"] == {"drug_use": "Canary drug use"}
    assert nurse.done(referral_id, "no_show")["missed"] == 1
    nurse.done(referral_id, "book", tomorrow())
    said = nurse.done(referral_id, "message", {"text": "Canary message"})["messages"]
    assert [(one["kind"], one["code"], one["words"]) for one in said] == [
        ("question", "can_come_soon", None), ("answer", "yes", None), ("free", None, "Canary message"),
    ]  # fmt: skip
    with people.outreach.transaction() as (session, actor):
        code = issue.printed(session, actor, referral_id).code
    refused(nurse.do(referral_id, "note_arrival", {"code": "2222-2222"}), 422)
    assert state_of(nurse, referral_id)[0] == "accepted"
    assert nurse.done(referral_id, "note_arrival", {"code": code})["arrived_at"] is not None
    taken = nurse.done(referral_id, "take", {"copied": ["name", "phone"]})
    own = nurse.client.get(f"/api/v1/clients/{taken['client_id']}").json
    assert (own["record"]["name"], own["record"]["facts"]["details"]) == ("Canary Name", {})
    assert own["id"] != str(people.client_id)
    ended = nurse.done(referral_id, "complete", {"outcome": "service_received"})
    assert (ended["state"], ended["outcome"]) == ("completed", "service_received")
    mine = sender.see(referral_id)
    assert mine["client_id"] == str(people.client_id)
    assert [one["kind"] for one in mine["timeline"] if one["kind"] != "message"] == [
        "sent", "seen", "accepted", "no_show", "booked", "arrived", "taken", "completed",
    ]  # fmt: skip


def test_the_slip_in_the_hand_accepts_and_notes_the_arrival(people: Cast, nurse: Desk) -> None:
    assert nurse.done(people.send(), "accept_and_arrive", {})["state"] == "arrived"


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([("nurse", "waitlist", None)], "waitlisted"),
        ([("nurse", "decline", {"reason": "no_capacity"})], "declined"),
        ([("nurse", "accept", "tomorrow"), ("nurse", "release", {"reason": "cannot_serve"})], "released"),
        ([("nurse", "accept_and_arrive", {}), ("nurse", "stop", {"reason": "moved_on"})], "stopped"),
        ([("sender", "cancel", {"reason": "need_met"})], "cancelled"),
        ([("nurse", "accept", "tomorrow"), ("sender", "withdraw", None)], "withdrawn"),
    ],
)
def test_the_other_ways(people: Cast, sender: Desk, nurse: Desk, steps: list[tuple[str, str, Any]], state: str) -> None:
    referral_id = people.send()
    for who, action, body in steps:
        desk = nurse if who == "nurse" else sender
        last = desk.done(referral_id, action, tomorrow() if body == "tomorrow" else body)
    assert last["state"] == state
    if state != "waitlisted":
        assert nurse.see(referral_id)["packet"]["identity"] is None or state == "stopped"


def test_a_withdrawal_is_told_without_detail(people: Cast, sender: Desk, nurse: Desk) -> None:
    referral_id = people.send()
    sender.done(referral_id, "withdraw")
    theirs, mine = nurse.see(referral_id)["timeline"][-1], sender.see(referral_id)["timeline"][-1]
    assert (theirs["kind"], theirs["detail"], theirs["staff_id"]) == ("withdrawn", {}, None)
    assert mine["detail"] == {"said_to": "sender"}


def test_if_match_is_honoured(people: Cast, sender: Desk, nurse: Desk) -> None:
    referral_id = people.send()
    read = nurse.see(referral_id)["version"]
    nurse.done(referral_id, "waitlist", {})
    stale = refused(nurse.do(referral_id, "accept", tomorrow(), If_Match=f'"{read}"'), 412)
    assert stale["detail"] == "This has changed since you read it. Read it again."
    for wrong in ('W/"2"', "nonsense", '"-1"', ""):
        assert nurse.do(referral_id, "accept", tomorrow(), If_Match=wrong).status_code == 412
    assert state_of(nurse, referral_id) == ("waitlisted", read + 1)
    assert sender.do(referral_id, "accept", tomorrow(), If_Match='"99"').status_code == 403
    accepted = nurse.do(referral_id, "accept", tomorrow(), If_Match=f'"7", "{read + 1}"')
    assert (accepted.status_code, accepted.headers["ETag"]) == (200, f'"{read + 2}"')
    assert nurse.do(referral_id, "book", tomorrow(), If_Match="*").status_code == 200


def test_the_same_key_acts_once(people: Cast, nurse: Desk) -> None:
    referral_id, key, body = people.send(), str(uuid4()), {"question": "still_wanted"}
    first = nurse.do(referral_id, "message", body, Idempotency_Key=key)
    again = nurse.do(referral_id, "message", body, Idempotency_Key=key, If_Match='"0"')
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(again.json["messages"]) == 1
    other = refused(nurse.do(referral_id, "message", {"question": "needs_escort"}, Idempotency_Key=key), 422)
    assert [one["field"] for one in other["errors"]] == ["Idempotency-Key"]
    refused(nurse.do(referral_id, "waitlist", Idempotency_Key=key), 422)
    refused(nurse.do(referral_id, "waitlist", Idempotency_Key="x" * 201), 422)
    assert state_of(nurse, referral_id)[0] == "sent"


def test_what_failed_may_be_tried_again_under_its_key(people: Cast, nurse: Desk) -> None:
    referral_id, body = people.send(), {"copied": ["name"]}
    refused(nurse.do(referral_id, "take", body, Idempotency_Key="k"), 409)
    nurse.done(referral_id, "accept_and_arrive", {})
    assert nurse.do(referral_id, "take", body, Idempotency_Key="k").status_code == 200


def test_a_key_is_its_persons_own(app: Flask, people: Cast, nurse: Desk) -> None:
    referral_id = people.send()
    other = Desk.of(app, people.clinic.person("caseworker"))
    for desk in (nurse, other):
        desk.done(referral_id, "message", {"question": "needs_escort"}, Idempotency_Key="same")
    assert len(nurse.see(referral_id)["messages"]) == 2


def test_a_repeated_answer_follows_todays_disclosure(people: Cast, sender: Desk, nurse: Desk) -> None:
    referral_id, body = people.send(), tomorrow()
    first = nurse.done(referral_id, "accept", body, Idempotency_Key="accepting")
    assert named(first)
    sender.done(referral_id, "withdraw")
    again = nurse.do(referral_id, "accept", body, Idempotency_Key="accepting")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json["packet"] == {"triage": None, "identity": None, "notice": None}
    assert named(again.text) == []
    assert again.json["state"] == "withdrawn"


@pytest.mark.parametrize("accepted", [False, True])
def test_a_slip_is_used_once(people: Cast, nurse: Desk, accepted: bool) -> None:  # noqa: FBT001
    first, second = people.send(), people.send()
    with people.outreach.transaction() as (session, actor):
        code = issue.printed(session, actor, first).code
    nurse.done(first, "accept_and_arrive", {"code": code})
    if accepted:
        nurse.done(second, "accept", tomorrow())
    before = state_of(nurse, second)
    problem = refused(nurse.do(second, "note_arrival" if accepted else "accept_and_arrive", {"code": code}), 422)
    assert [(one["field"], "has been used" in one["detail"]) for one in problem["errors"]] == [("code", True)]
    assert state_of(nurse, second) == before


def test_nothing_is_accepted_on_a_permission_that_ran_out(people: Cast, nurse: Desk) -> None:
    referral_id = people.send()
    with clock.at(clock.now() + timedelta(days=91)):
        for action, body in (("accept", tomorrow()), ("accept_and_arrive", {})):
            assert "has run out" in refused(nurse.do(referral_id, action, body), 409)["detail"]
    assert state_of(nurse, referral_id)[0] == "sent"


def test_nobody_has_missed_what_lies_ahead(people: Cast, nurse: Desk) -> None:
    referral_id = people.send()
    assert "no_show" not in nurse.done(referral_id, "accept", tomorrow())["actions"]
    assert "has not come yet" in refused(nurse.do(referral_id, "no_show"), 409)["detail"]
    assert nurse.see(referral_id)["missed"] == 0
    assert "no_show" in nurse.done(referral_id, "book", from_now_on())["actions"]
    assert nurse.done(referral_id, "no_show")["missed"] == 1


def test_a_time_outside_the_hours_is_warned_of_and_kept_if_meant(people: Cast, network: Network, app: Flask) -> None:
    by_day = programme(people.clinic, hours=WeeklyHours((((480, 1020),),) * 7))
    referral_id = people.send(people.consent(by_day)[0])
    night = (clock.now().astimezone(PHNOM_PENH) + timedelta(days=1)).replace(hour=3).isoformat()
    nurse = Desk.of(app, people.nurse)
    warned = refused(nurse.do(referral_id, "accept", {"at": night}), 422)
    assert [one["field"] for one in warned["errors"]] == ["keep"]
    assert state_of(nurse, referral_id)[0] == "sent"
    assert nurse.done(referral_id, "accept", {"at": night, "keep": True})["state"] == "accepted"


def test_a_time_after_the_end_of_the_permission_is_warned_of(people: Cast, app: Flask) -> None:
    referral_id = people.send(people.consent(days=1)[0])
    late = (clock.now() + timedelta(days=2)).isoformat()
    nurse = Desk.of(app, people.nurse)
    warned = refused(nurse.do(referral_id, "accept", {"at": late}), 422)
    assert [one["field"] for one in warned["errors"]] == ["keep"]
    assert state_of(nurse, referral_id)[0] == "sent"
    assert nurse.done(referral_id, "accept", {"at": late, "keep": True})["state"] == "accepted"


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("accept", {}, "at"),
        ("accept", {"at": "2020-01-01T10:00:00+07:00"}, "at"),
        ("accept", {"at": "2026-11-31T10:00:00+07:00"}, "at"),
        ("accept", {"at": "2026-11-22T10:00:00"}, "at"),
        ("accept", {"at": "9999-12-31T23:59:59-23:59"}, "at"),
        ("accept", {"window_from": "2099-01-02T00:00:00Z", "window_to": "2099-01-01T00:00:00Z"}, "window_to"),
        ("decline", {}, "reason"),
        ("decline", {"reason": "drunk"}, "reason"),
        ("decline", {"reason": "other", "suggested_programme_id": str(uuid4())}, "suggested_programme_id"),
        ("message", {}, ""),
        ("message", {"question": "who_is_it"}, "question"),
        ("message", {"text": "\ud800"}, "text"),
        ("message", {"text": "  "}, "text"),
        ("message", {"text": "\u0000"}, "text"),
        ("message", {"question": "needs_escort", "text": "x"}, ""),
        ("accept_and_arrive", {"code": "7F3Q-X2MK"}, "code"),
        ("waitlist", {"why": "no room"}, "why"),
    ],
)
def test_what_cannot_be_taken_names_its_field_and_changes_nothing(
    people: Cast, nurse: Desk, action: str, body: Any, field: str
) -> None:
    referral_id = people.send()
    before = state_of(nurse, referral_id)
    problem = refused(nurse.do(referral_id, action, body), 422)
    assert [one["field"] for one in problem["errors"]] == [field]
    assert all(one["detail"] for one in problem["errors"])
    assert state_of(nurse, referral_id) == before


def test_the_wrong_state_and_the_wrong_side_are_told_in_words(people: Cast, sender: Desk, nurse: Desk) -> None:
    referral_id = people.send()
    assert "Note it first" in refused(nurse.do(referral_id, "complete", {"outcome": "continues"}), 409)["detail"]
    assert "other side" in refused(sender.do(referral_id, "accept", tomorrow()), 403)["detail"]
    assert "fixed questions" in refused(nurse.do(referral_id, "message", {"text": "Who is it?"}), 409)["detail"]
    sender.done(referral_id, "cancel", {"reason": "sent_by_mistake"})
    assert "cancelled" in refused(nurse.do(referral_id, "accept", tomorrow()), 409)["detail"]


def test_outsiders_find_nothing_and_roles_without_cases_may_not(app: Flask, network: Network, people: Cast) -> None:
    referral_id = people.send()
    outsider = Desk.of(app, network.organisation().person("caseworker", "clinician"))
    colleague = Desk.of(app, people.ngo.person("outreach"))
    for desk in (outsider, colleague):
        answers = []
        for wanted in (referral_id, uuid4()):
            answers.append(desk.client.get(f"{ROOT}/{wanted}"))
            answers += [desk.do(wanted, action, _fitting(action)) for action in DEEDS]
        assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert people.clinic.manager is not None
    for person in (people.clinic.manager, network.steward):
        desk = Desk.of(app, person)
        assert desk.client.get(f"{ROOT}/{referral_id}").status_code in {403, 404}
        assert desk.do(referral_id, "withdraw").status_code in {403, 404}


def _fitting(action: Action) -> Any:
    bodies: dict[Action, Any] = {
        Action.ACCEPT: tomorrow(), Action.BOOK: tomorrow(), Action.DECLINE: {"reason": "closed"},
        Action.RELEASE: {"reason": "cannot_serve"}, Action.COMPLETE: {"outcome": "continues"},
        Action.STOP: {"reason": "left"}, Action.CANCEL: {"reason": "need_met"},
        Action.MESSAGE: {"question": "needs_escort"},
    }  # fmt: skip
    return bodies.get(action, {})
