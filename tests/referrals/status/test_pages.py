"""The steward's page, the bell, and the same for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import text

from app.core.scheduled import DUE, PUBLISH, RECORDS, TASKS
from orgs.staff.own_access import make_token
from referrals.status import words
from referrals.status.rules import Health
from referrals.status.sections import Section, keep_sections
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations
from tests.referrals.status.staging import begin_anew, let_pass
from worker.alarm import Alarm
from worker.context import Workshop
from worker.heartbeats import beating

STOPPED = "Something in Spean has stopped."


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(autouse=True)
def well(network: Network) -> Iterator[None]:
    assert network.steward
    begin_anew(network)
    yield
    begin_anew(network)


def look(network: Network) -> None:
    alarm = Alarm(network.servers.settings)
    alarm._looked -= 3600
    alarm.look()


def fail_in(network: Network, *, failed: int = 0, tried: int = 0, words: str = "") -> None:
    """The worker runs a task, which fails."""
    workshop = Workshop(network.servers.settings)
    with suppress(RuntimeError), closing(workshop), beating(workshop.outside, DUE) as tally:
        tally.failed, tally.tried = failed, tried
        if words:
            raise RuntimeError(words)


def page(app: Flask, person: Person, path: str = "/status") -> str:
    answer = client_for(app, person).get(path)
    assert answer.status_code == 200
    return words_of(answer.text)


def test_every_task_and_every_state_has_words() -> None:
    assert set(words.TASK) == {task.name for task in TASKS}
    assert set(words.HEALTH) == set(Health)


def test_all_is_well(app: Flask, network: Network) -> None:
    said = page(app, network.steward)
    assert "Yes. Everything that runs by itself does its work." in said
    assert said.count(" Well ") == len(TASKS)
    assert STOPPED not in page(app, network.steward, "/notices/")


def test_a_task_that_fails_shows_with_its_kind_and_without_its_words(app: Flask, network: Network) -> None:
    fail_in(network, words="Sokha 012 345 678")
    said = page(app, network.steward)
    assert "No. Something needs whoever runs Spean." in said
    assert "Reminding of referrals, and letting them run out Fails" in said
    assert "RuntimeError" in said
    assert "Sokha" not in said


def test_what_failed_in_a_task_shows_as_a_count(app: Flask, network: Network) -> None:
    fail_in(network, failed=3, tried=17)
    said = page(app, network.steward)
    assert "3 of 17 could not be done." in said
    assert said.count(" Fails ") == 1


def test_a_task_that_is_late_rings_the_stewards_bell_until_all_is_well(app: Flask, network: Network) -> None:
    let_pass(network, {RECORDS: timedelta(hours=4)})
    look(network)
    said = page(app, network.steward)
    assert "Counting how programmes answer Late" in said
    assert "1 unread" in said
    bell = client_for(app, network.steward).get("/notices/").text
    assert STOPPED in bell
    assert 'href="/status"' in bell
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.incidents SET closed_at = now()")
    assert "unread" not in page(app, network.steward)
    assert STOPPED not in page(app, network.steward, "/notices/")
    assert "Counting how programmes answer" in page(app, network.steward)


def test_what_works_again_and_the_bell_that_still_rings_do_not_contradict_each_other(
    app: Flask, network: Network
) -> None:
    let_pass(network, {RECORDS: timedelta(hours=4)})
    look(network)
    again = "It works again. The alarm ends when all has been well for five minutes."
    before = page(app, network.steward)
    assert again not in before
    assert "It lasts" in before
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.heartbeats SET succeeded_at = now(), started_at = now()")
    look(network)
    answer = client_for(app, network.steward).get("/status").text
    said = words_of(answer)
    assert again in said
    assert "sp-banner--info" in answer
    assert "sp-banner--success" not in answer
    assert "Yes. Everything" not in said
    assert "It lasts" not in said
    assert "1 unread" in said
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.incidents SET well_at = well_at - interval '5 minutes'")
    look(network)
    said = page(app, network.steward)
    assert "Yes. Everything that runs by itself does its work." in said
    assert again not in said
    assert "unread" not in said


def test_tasks_whose_names_hold_commas_are_told_apart(app: Flask, network: Network) -> None:
    let_pass(network, {DUE: timedelta(hours=4), RECORDS: timedelta(hours=4)})
    look(network)
    names = "Reminding of referrals, and letting them run out; Counting how programmes answer"
    for path in ("/status", "/notices/"):
        assert names in page(app, network.steward, path)


def test_nobody_elses_bell_rings(app: Flask, network: Network) -> None:
    let_pass(network, {PUBLISH: timedelta(days=4)})
    look(network)
    org = network.organisation("ngo")
    assert org.manager
    for person in (org.person("outreach", "caseworker", "clinician"), org.manager):
        said = page(app, person, "/notices/")
        assert STOPPED not in said
        assert "unread" not in said


def test_the_steward_alone_opens_it(app: Flask, network: Network) -> None:
    org, commune = network.organisation("ngo"), network.organisation("commune")
    assert org.manager
    people = (
        (org.manager, 403),
        (org.person("caseworker", "clinician", "outreach"), 403),
        (org.person("privacy"), 403),
        (commune.person("official"), 404),
    )
    for person, status in people:
        for path in ("/status", "/api/v1/status"):
            answer = client_for(app, person).get(path)
            assert answer.status_code == status, path
            assert "spean.due" not in answer.text
    assert client_for(app).get("/status").status_code == 303
    assert client_for(app).get("/api/v1/status").status_code == 401


def test_the_database_itself_tells_nobody_else(network: Network) -> None:
    manager = network.organisation("ngo").manager
    assert manager
    for query in (
        "SELECT * FROM sec.task_heartbeats()",
        "SELECT * FROM sec.recent_incidents(1)",
        "SELECT sec.open_incidents()",
        "SELECT * FROM sec.error_counts()",
    ):
        with network.steward.transaction() as (session, _actor):
            session.connection().exec_driver_sql(query)
        with pytest.raises(Exception, match="not allowed") as refused, manager.transaction() as (session, _actor):
            session.connection().exec_driver_sql(query)
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def test_programs_read_it_with_a_stewards_token(app: Flask, network: Network) -> None:
    fail_in(network, failed=3, tried=17)
    with network.steward.transaction() as (session, actor):
        token = make_token(session, actor, label="a watch from outside", days=1)
    answer = app.test_client().get("/api/v1/status", headers={"Authorization": f"Bearer {token}"})
    assert answer.json is not None
    assert answer.json["well"] is False
    found = {one["task"]: one for one in answer.json["tasks"]}
    assert found.keys() == {task.name for task in TASKS}
    due = found["spean.due"]
    assert (due["state"], due["failed"], due["tried"], due["every_seconds"]) == ("failing", 3, 17, 60)
    assert found["spean.relay"]["state"] == "well"
    assert answer.json["errors"] == []


def test_other_features_bring_sections_of_their_own(network: Network) -> None:
    app = site(network)
    section = "<h2>Mails</h2><p>{{ counted }} wait</p>"
    app.jinja_env.loader = ChoiceLoader([DictLoader({"mails.html": section}), app.jinja_env.loader])
    keep_sections(
        app, [Section("counted", "mails.html", lambda session: session.execute(text("SELECT 41 + 1")).scalar())]
    )
    assert "Mails 42 wait" in page(app, network.steward)


@pytest.mark.browser
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_it_is_accessible_and_fits_when_things_have_stopped(
    network: Network, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    fail_in(network, words="x")
    fail_in(network, failed=3, tried=17)
    let_pass(network, {RECORDS: timedelta(hours=4), PUBLISH: timedelta(days=4)})
    look(network)
    with network.servers.administrator() as staging:
        kind, endpoint = "sqlalchemy.exc.NoReferencedTableError", "clients.episode_timeline_of_everything"
        staging.execute("INSERT INTO sec.errors (id, kind, endpoint) VALUES ('E-7KQ2M8', %s, %s)", [kind, endpoint])
    address = live(site(network))
    opened = new_page(language=language, width=width)
    opened.context.add_cookies(
        [{"name": "spean", "value": f"s.{network.steward.token}", "domain": urlsplit(address).hostname, "path": "/"}]
    )
    with network.steward.speaking(language):
        for path in ("/status", "/notices/"):
            opened.goto(address + path)
            assert violations(opened) == []
            assert fits(opened)
            assert opened.locator(".sp-bell__count").inner_text().startswith("1")
