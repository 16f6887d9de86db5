from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound, SpeanError
from app.core.ids import new_id
from orgs.programmes.hours import WeeklyHours
from referrals.life.reasons import DeclineReason
from referrals.life.states import State
from referrals.life.use_cases import answer
from referrals.life.use_cases.answer import Meeting
from tests.cast import Cast, programme, tomorrow
from tests.network import Network
from tests.referrals.life import looking

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)  # ten in the morning in Phnom Penh
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNINGS = WeeklyHours((((8 * 60, 11 * 60),),) * 7)


@pytest.mark.parametrize(
    "meeting",
    [
        Meeting(at=NOW + HOUR),
        Meeting(at=NOW + 179 * DAY),
        Meeting(window_from=NOW - 10 * HOUR, window_to=NOW + HOUR),
        Meeting(window_from=NOW + DAY, window_to=NOW + 2 * DAY),
    ],
)
def test_meetings_that_can_be(meeting: Meeting) -> None:
    meeting.check(NOW)


@pytest.mark.parametrize(
    ("meeting", "field"),
    [
        (Meeting(), "at"),
        (Meeting(at=NOW + HOUR, window_from=NOW), "at"),
        (Meeting(at=NOW - HOUR), "at"),
        (Meeting(at=NOW + 181 * DAY), "at"),
        (Meeting(window_from=NOW), "window_to"),
        (Meeting(window_to=NOW + DAY), "window_to"),
        (Meeting(window_from=NOW + 2 * DAY, window_to=NOW + DAY), "window_to"),
        (Meeting(window_from=NOW - 3 * DAY, window_to=NOW - 2 * DAY), "window_to"),
        (Meeting(window_from=NOW - 3 * DAY, window_to=NOW + DAY), "window_from"),
        (Meeting(window_from=NOW, window_to=NOW + 181 * DAY), "window_to"),
    ],
)
def test_meetings_that_cannot_be_name_the_field(meeting: Meeting, field: str) -> None:
    with pytest.raises(Invalid) as error:
        meeting.check(NOW)
    assert set(error.value.fields) == {field}


def test_accepting_stores_the_time_tells_the_sender_and_opens_the_packet(network: Network, people: Cast) -> None:
    with clock.at(datetime.now(UTC) - 2 * HOUR):
        referral_id = people.send()
    meeting = tomorrow()
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, meeting, version=1)
    row = looking.referral(network, referral_id)
    assert (row.state, row.version, row.appointment_at) == (State.ACCEPTED, 2, meeting.at)
    assert row.response_minutes == 120
    assert row.answered_at == row.accepted_at == row.updated_at
    assert row.expires_at == meeting.last + answer.GRACE
    assert meeting.at is not None
    assert looking.events(network, referral_id)[-1] == ("accepted", {"at": meeting.at.isoformat()})
    assert looking.told(network, referral_id) == {(people.clinic.id, "sent"), (people.ngo.id, "accepted")}
    assert looking.audited(network, referral_id)[-1] == "referral.accepted"


def test_a_window_holds_until_its_end(network: Network, people: Cast) -> None:
    referral_id, first = people.send(), clock.now() + DAY
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, Meeting(window_from=first, window_to=first + DAY))
    row = looking.referral(network, referral_id)
    assert (row.appointment_at, row.window_from, row.window_to) == (None, first, first + DAY)
    assert looking.events(network, referral_id)[-1][1] == {
        "from": first.isoformat(), "to": (first + DAY).isoformat()
    }  # fmt: skip


@pytest.mark.parametrize("version", [0, 2])
def test_a_stale_version_changes_nothing(network: Network, people: Cast, version: int) -> None:
    referral_id = people.send()
    with pytest.raises(Conflict, match="This has changed"), people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow(), version=version)
    assert looking.referral(network, referral_id).state == State.SENT
    assert [kind for kind, _detail in looking.events(network, referral_id)] == ["sent"]


def test_of_two_who_answer_at_once_the_second_is_told(network: Network, people: Cast) -> None:
    referral_id, refused = people.send(), []
    started = threading.Event()

    def decline() -> None:
        with people.nurse.transaction() as (session, actor):
            started.set()
            try:
                answer.decline(session, actor, referral_id, DeclineReason.OTHER)
            except SpeanError as error:
                refused.append(error.message)

    late = threading.Thread(target=decline)
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
        session.flush()
        late.start()
        assert started.wait(10)
    late.join(10)
    assert refused == ["This referral has been accepted already. To give it back, release it and say why."]
    assert looking.referral(network, referral_id).state == State.ACCEPTED


def test_nobody_else_accepts(network: Network, people: Cast) -> None:
    referral_id = people.send()
    assert people.clinic.manager is not None
    outsider = network.organisation("hospital").person("clinician")
    for who, refusal in (
        (people.outreach, NotAllowed),
        (people.clinic.manager, NotAllowed),
        (outsider, NotFound),
        (network.steward, NotFound),
    ):
        with pytest.raises(refusal), who.transaction() as (session, actor):
            answer.accept(session, actor, referral_id, tomorrow())


def test_accepting_the_person_at_the_door_counts_as_both(network: Network, people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, referral_id)
    row = looking.referral(network, referral_id)
    assert row.state == State.ARRIVED
    assert row.accepted_at == row.arrived_at == row.answered_at is not None
    facts = looking.rows(
        network,
        "SELECT measure FROM app.uptake_facts f JOIN app.referral_clients c ON c.pseudonym = f.pseudonym "
        "WHERE c.referral_id = :id",
        id=referral_id,
    )
    assert {"referred", "accepted", "arrived"} <= {fact.measure for fact in facts}


def test_the_waiting_list_releases_no_key_and_lasts_as_long_as_the_permission(network: Network, people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.waitlist(session, actor, referral_id)
        parts = session.execute(text("SELECT part FROM app.packet_keys WHERE referral_id = :id"), {"id": referral_id})
        assert [part for (part,) in parts] == ["triage"]
    row = looking.referral(network, referral_id)
    assert row.expires_at == row.readable_until
    assert row.answered_at is not None
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    assert looking.referral(network, referral_id).answered_at == row.answered_at


def test_declining_destroys_the_receivers_keys_and_kills_the_slip(network: Network, people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.decline(session, actor, referral_id, DeclineReason.NO_CAPACITY, suggested_programme_id=people.second_id)
    row = looking.referral(network, referral_id)
    assert (row.state, row.reason, row.suggested_programme_id) == ("declined", "no_capacity", people.second_id)
    assert row.readable_until == row.ended_at
    assert looking.receivers_keys(network, referral_id) == 0
    slip = looking.rows(network, "SELECT dead_at FROM app.slips WHERE referral_id = :id", id=referral_id)[0]
    assert slip.dead_at is not None


def test_only_another_programme_of_the_directory_can_be_suggested(network: Network, people: Cast) -> None:
    referral_id = people.send()
    hidden = programme(people.clinic, published=False)
    elsewhere = programme(network.organisation("hospital"), published=False)
    for wrong in (people.programme_id, hidden, elsewhere, new_id()):
        with pytest.raises(Invalid) as error, people.nurse.transaction() as (session, actor):
            answer.decline(session, actor, referral_id, DeclineReason.TOO_FAR, suggested_programme_id=wrong)
        assert set(error.value.fields) == {"suggestion"}
    assert looking.referral(network, referral_id).state == State.SENT


@pytest.mark.parametrize(
    ("meeting", "outside"),
    [
        (Meeting(at=datetime(2026, 11, 23, 2, tzinfo=UTC)), False),  # nine in the morning
        (Meeting(at=datetime(2026, 11, 23, 4, tzinfo=UTC)), True),  # eleven: closing time is closed
        (Meeting(window_from=NOW, window_to=NOW + DAY), False),
        (Meeting(window_from=NOW + 2 * HOUR, window_to=NOW + 8 * HOUR), True),
    ],
)
def test_outside_hours_is_known(people: Cast, mornings: UUID, meeting: Meeting, *, outside: bool) -> None:
    with people.nurse.transaction() as (session, _actor):
        row = session.execute(
            text("SELECT receiver_org_id, programme_id FROM app.referrals WHERE id = :id"), {"id": mornings}
        ).one()
        assert answer.outside_hours(session, row, meeting) is outside  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def mornings(people: Cast) -> UUID:
    return people.send(people.consent(programme(people.clinic, hours=MORNINGS))[0])


def test_a_place_is_held_from_acceptance_until_the_end(network: Network, people: Cast) -> None:
    single = programme(people.clinic, capacity=1)
    referral_id = people.send(people.consent(single)[0])

    def taken() -> int:
        row = looking.rows(network, "SELECT taken FROM app.programmes WHERE id = :id", id=single)[0]
        return int(row.taken)

    assert taken() == 0
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, referral_id)
    assert taken() == 1
    with pytest.raises(Conflict, match="full"):
        people.send(people.consent(single)[0])
