"""Thirty days ahead for 75 seconds: nothing is destroyed, and what was closed is opened again by one command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from celery import Celery
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.cli.__main__ import commands
from app.core import scheduled
from orgs.facts import ErasureReason
from referrals.consents.use_cases import withdraw_unused
from referrals.erasing.use_cases import erase
from referrals.life.states import State
from referrals.life.use_cases import finish
from tests.cast import Cast, cast, programme
from tests.network import Network
from tests.pages import client_for, site
from tests.referrals.life import looking, standing
from tests.referrals.places.houses import accept, come, taken
from tests.running import CELERY, WORKER, Broker, PostOffice, eventually, process, swept
from tests.worker.news import told
from tests.worker.timing import clock_made_right, jump, restarted
from worker import clocks, periodic, relay
from worker.context import Workshop

MONTH = timedelta(days=30)
FAR = timedelta(days=100)
"""Whatever is under way has run out by then, and so has its permission."""
BY_SCHEDULE = (State.SENT, State.WAITLISTED, State.ACCEPTED)


@pytest.fixture(autouse=True)
def _right(network: Network) -> Iterator[None]:
    clock_made_right(network)
    yield
    clock_made_right(network)


@pytest.fixture
def team(network: Network) -> Cast:
    return cast(network)


def operator(network: Network, *words: str) -> Result:
    return CliRunner(env=network.servers.environ()).invoke(commands, words)


def all_of(network: Network, referral_id: UUID) -> dict[str, Any]:
    """The row, its keys and its slip, without what each change counts up."""
    row = dict(looking.referral(network, referral_id)._mapping)
    for counted in ("updated_at", "version"):
        row.pop(counted)
    keys = looking.rows(network, "SELECT * FROM app.packet_keys WHERE referral_id = :id ORDER BY part, holder",
                        id=referral_id)  # fmt: skip
    slip = looking.rows(network, "SELECT * FROM app.slips WHERE referral_id = :id", id=referral_id)
    return {**row, "keys": keys, "slip": slip}


def some_time(workshop: Workshop) -> None:
    """75 seconds of the schedule."""
    for _ in range(3):
        clocks.beat(workshop)
        periodic.due(workshop)
        periodic.sweep(workshop)


def closed_wrongly(network: Network, workshop: Workshop, team: Cast) -> None:
    """The machine comes up far ahead, which nobody can know, and is set right after a while."""
    clocks.beat(workshop)
    restarted(network)
    jump(network, team, FAR)
    some_time(workshop)
    jump(network, team, -FAR)


def test_a_jump_while_it_runs_closes_and_destroys_nothing(network: Network, workshop: Workshop, team: Cast) -> None:
    referrals = [standing.referral(network, team, state) for state in standing.SENT_STATES]
    clocks.beat(workshop)
    before = [all_of(network, one) for one in referrals]
    jump(network, team, MONTH)
    some_time(workshop)
    jump(network, team, -MONTH)
    some_time(workshop)
    assert [all_of(network, one) for one in referrals] == before
    assert operator(network, "clock").stdout.endswith("\n")
    assert "STOPPED" not in operator(network, "clock").stdout


def test_what_a_wrong_clock_closed_is_opened_again_to_exactly_what_it_was(
    network: Network, workshop: Workshop, team: Cast
) -> None:
    referrals = {state: standing.referral(network, team, state) for state in standing.SENT_STATES}
    relay.drain(workshop, mail=False)
    before = {state: all_of(network, one) for state, one in referrals.items()}
    versions = {state: looking.referral(network, one).version for state, one in referrals.items()}
    closed_wrongly(network, workshop, team)
    for state, one in referrals.items():
        found = all_of(network, one)
        assert found["state"] == (State.EXPIRED if state in BY_SCHEDULE else state)
        assert found["keys"] == before[state]["keys"], "nothing is destroyed"
        if state in BY_SCHEDULE:
            with team.nurse.transaction() as (session, _actor):
                read = session.execute(text("SELECT 1 FROM app.packet_keys WHERE referral_id = :id"), {"id": one})
                assert read.all() == [], "and nothing can be read"

    assert not clocks.beat(workshop), "a heartbeat from the future"
    assert "STOPPED" in operator(network, "clock").stdout
    assert "not right yet" in operator(network, "reopen-closed").stderr
    assert "STOPPED" not in operator(network, "clock", "--continue").stdout
    assert clocks.beat(workshop)
    done = operator(network, "reopen-closed")
    assert done.exit_code == 0, done.output
    for state in BY_SCHEDULE:
        assert f"{before[state]['ref']} is {state} again" in done.stdout
    assert before[State.ARRIVED]["ref"] not in done.stdout
    assert before[State.EXPIRED]["ref"] not in done.stdout, "its time had come"

    assert {state: all_of(network, one) for state, one in referrals.items()} == before
    some_time(workshop)
    assert {state: all_of(network, one) for state, one in referrals.items()} == before
    for state in BY_SCHEDULE:
        one = referrals[state]
        assert looking.referral(network, one).version == versions[state] + 2
        assert looking.events(network, one)[-2:] == [("expired", {}), ("reopened", {})]
        assert looking.audited(network, one).count("referral.reopened") == 2, "in both organisations"
        assert looking.told(network, one) >= {(team.ngo.id, "reopened"), (team.clinic.id, "reopened")}
    relay.drain(workshop, mail=False)
    assert "reopened" in told(team.nurse)
    assert "reopened" in told(team.outreach)
    standing.accept(team, referrals[State.SENT])
    assert "0 referrals are open again" in operator(network, "reopen-closed").stdout
    assert all(looking.receivers_keys(network, one) == 2 for one in (referrals[state] for state in BY_SCHEDULE))


def test_reminders_that_came_too_early_come_again(network: Network, workshop: Workshop, team: Cast) -> None:
    referral_id = team.send()
    clocks.beat(workshop)
    restarted(network)
    jump(network, team, timedelta(hours=5))
    some_time(workshop)
    assert looking.referral(network, referral_id).reminded == "overdue"
    jump(network, team, -timedelta(hours=5))
    clocks.beat(workshop)
    operator(network, "clock", "--continue")
    assert operator(network, "reopen-closed").exit_code == 0
    assert looking.referral(network, referral_id).reminded == "no"


def test_only_what_is_still_there_and_allowed_is_opened_again(network: Network, workshop: Workshop, team: Cast) -> None:
    taken_back, replaced, other = (team.consent()[0] for _ in range(3))
    first, second, third = team.send(taken_back), team.send(replaced), team.send(other)
    closed_wrongly(network, workshop, team)
    clocks.beat(workshop)
    assert operator(network, "clock", "--continue").exit_code == 0
    with team.outreach.transaction() as (session, actor):
        withdraw_unused(session, actor, taken_back)
    assert looking.receivers_keys(network, first) == 0, "a person's withdrawal destroys at once"
    again = team.send(replaced)
    done = operator(network, "reopen-closed", "--since", "2020-01-01T00:00").stdout
    refs = [looking.referral(network, one).ref for one in (first, second, third)]
    assert f"{refs[0]} stays closed: the permission was taken back" in done
    assert f"{refs[1]} stays closed: another referral rests on its permission" in done
    assert f"{refs[2]} is sent again" in done
    states = [looking.referral(network, one).state for one in (first, second, third, again)]
    assert states == [State.EXPIRED, State.EXPIRED, State.SENT, State.SENT]


def test_after_a_day_of_running_it_is_destroyed_and_an_erased_client_at_once(
    network: Network, workshop: Workshop, team: Cast
) -> None:
    referral_id, other = team.send(), team.send()
    ref, other_ref = (looking.referral(network, one).ref for one in (referral_id, other))
    closed_wrongly(network, workshop, team)
    clocks.beat(workshop)
    assert operator(network, "clock", "--continue").exit_code == 0
    clocks.beat(workshop)
    with network.servers.administrator() as staging:
        staging.execute("DELETE FROM app.packet_keys WHERE referral_id = %s", (other,))
    assert f"{other_ref} stays closed: its keys are destroyed" in operator(network, "reopen-closed").stdout
    closed_wrongly(network, workshop, team)
    clocks.beat(workshop)
    assert operator(network, "clock", "--continue").exit_code == 0
    clocks.beat(workshop)
    with team.outreach.transaction() as (session, actor):
        erase(session, actor, team.client_id, ErasureReason.ASKED, version=1)
    assert looking.receivers_keys(network, referral_id) == 0
    assert f"{ref} stays closed: the permission was taken back" in operator(network, "reopen-closed").stdout
    swept(network, workshop)
    assert looking.rows(network, "SELECT 1 FROM sec.closed WHERE referral_id = :id", id=referral_id) == []
    assert "0 referrals are open again" in operator(network, "reopen-closed").stdout


def made_right(network: Network, workshop: Workshop) -> None:
    clocks.beat(workshop)
    assert operator(network, "clock", "--continue").exit_code == 0


def noted(network: Network, programme_id: UUID) -> list[Any]:
    return looking.rows(network, "SELECT * FROM app.over_capacity WHERE programme_id = :id", id=programme_id)


def test_a_place_that_was_given_away_meanwhile_is_over_capacity_and_every_manager_is_told(
    network: Network, workshop: Workshop, team: Cast
) -> None:
    two = programme(team.clinic, capacity=2)
    earlier, later = (team.send(team.consent(two)[0]) for _ in range(2))
    accept(team, earlier)
    accept(team, later)
    second = team.clinic.person("manager", "clinician", name="Bopha")
    closed_wrongly(network, workshop, team)
    come(team, two)
    assert taken(network, two) == (1, 1)
    made_right(network, workshop)
    said = operator(network, "reopen-closed").stdout
    refs = [looking.referral(network, one).ref for one in (earlier, later)]
    assert f"{refs[0]} is accepted again\n" in said
    assert f"{refs[1]} is accepted again, over capacity\n" in said
    assert "2 referrals are open again" in said
    assert taken(network, two) == (3, 3)
    (row,) = noted(network, two)
    assert (row.org_id, row.reason, row.ref, row.staff_id) == (team.clinic.id, "reopened", refs[1], None)
    clinic = site(network)
    for manager in (team.clinic.manager, second):
        assert told(manager).count("over_capacity") == 1
        page = client_for(clinic, manager).get(f"/programmes/{two}").get_data(as_text=True)
        assert "Opened again after a wrong clock; the place had been promised (1)" in page
    for other in (team.nurse, team.outreach):
        assert "over_capacity" not in told(other)


def test_nothing_is_over_capacity_while_there_is_room_or_no_limit(
    network: Network, workshop: Workshop, team: Cast
) -> None:
    one, endless = programme(team.clinic, capacity=1), programme(team.clinic, capacity=None)
    first, waiting, second = (team.send(team.consent(where)[0]) for where in (one, one, endless))
    for sent in (first, second):
        accept(team, sent)
    closed_wrongly(network, workshop, team)
    come(team, endless)
    made_right(network, workshop)
    said = operator(network, "reopen-closed").stdout
    assert f"{looking.referral(network, waiting).ref} is sent again\n" in said
    assert "3 referrals are open again" in said
    assert "over capacity" not in said
    assert (taken(network, one), taken(network, endless)) == ((1, 1), (0, 0))
    assert noted(network, one) == noted(network, endless) == []


def test_nobody_of_the_staff_may_give_that_reason(network: Network, team: Cast) -> None:
    one = programme(team.clinic, capacity=1)
    insert = text("INSERT INTO app.over_capacity (org_id, id, programme_id, at, reason, staff_id)"
                  " VALUES (:org, gen_random_uuid(), :programme, now(), 'reopened', :staff)")  # fmt: skip
    for staff, refusal in ((team.nurse.staff_id, "over_capacity_reason_check"), (None, "row-level security")):
        with pytest.raises(Exception, match=refusal), team.nurse.transaction() as (session, _actor):
            session.execute(insert, {"org": team.clinic.id, "programme": one, "staff": staff})
    sent = team.send(team.consent(one)[0])
    come(team, one)
    path, nurse = f"/api/v1/referrals/{sent}/accept_and_arrive", client_for(site(network), team.nurse)
    assert nurse.post(path, json={"over_capacity": "reopened"}).status_code == 422
    assert noted(network, one) == []


def test_a_person_may_not_open_what_ran_out(network: Network, team: Cast) -> None:
    referral_id = standing.referral(network, team, State.EXPIRED)
    for person in (team.outreach, team.nurse):
        with pytest.raises(Exception, match="no such step"), person.transaction() as (session, _actor):
            session.execute(text("UPDATE app.referrals SET state = 'sent' WHERE id = :id"), {"id": referral_id})
        with pytest.raises(Exception, match="permission denied"), person.transaction() as (session, _actor):
            session.execute(text("SELECT sec.reopen_closed('-infinity')"))
        with pytest.raises(Exception, match="permission denied"), person.transaction() as (session, _actor):
            session.execute(text("SELECT * FROM sec.closed"))


def test_a_person_s_word_destroys_at_once(network: Network, team: Cast) -> None:
    referral_id = standing.referral(network, team, State.ACCEPTED)
    with team.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    assert looking.receivers_keys(network, referral_id) == 0


@pytest.mark.slow
def test_a_started_worker_closes_nothing_by_a_clock_that_jumped(
    network: Network, workshop: Workshop, team: Cast, broker: Broker, post: PostOffice, tmp_path: Path
) -> None:
    referrals = [standing.referral(network, team, state) for state in BY_SCHEDULE]
    relay.drain(workshop, mail=False)
    before = [all_of(network, one) for one in referrals]
    log = tmp_path / "worker.log"
    environ = {**network.servers.environ(), "SPEAN_REDIS_URL": broker.url, "SPEAN_SMTP_URL": post.url}
    sender = Celery(broker=replace(network.servers.settings, redis_url=broker.url).broker_url)
    sender.conf.update(task_default_queue="spean", result_backend=None)

    def seen() -> object:
        return looking.rows(network, "SELECT seen_at, stopped_at FROM sec.clock")[0]

    with process([*CELERY, *WORKER], environ, log):
        eventually(lambda: b"ready" in log.read_bytes())
        sender.send_task(scheduled.CLOCK.name)
        eventually(lambda: seen()[0] is not None, state=log.read_text)
        jump(network, team, MONTH)
        for task in (scheduled.DUE.name, scheduled.SWEEP.name, scheduled.PRUNE.name, scheduled.DUE.name):
            sender.send_task(task)
        eventually(lambda: seen()[1] is not None, state=log.read_text)
        eventually(lambda: log.read_text().count("succeeded") >= 5, state=log.read_text)
        jump(network, team, -MONTH)
        sender.send_task(scheduled.DUE.name)
        eventually(lambda: seen()[1] is None, state=log.read_text)
    assert [all_of(network, one) for one in referrals] == before
    said = log.read_text()
    assert said.count("nothing is closed or destroyed until it is right") == 1
    assert "Traceback" not in said
    assert "ERROR" not in said
