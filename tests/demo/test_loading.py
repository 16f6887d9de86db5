"""A small demo on a database of its own: what was planned is what stands there, made through the use cases."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import make_conninfo

from app.cli.__main__ import commands
from app.core import clock
from app.demo import loading
from app.demo.houses import HOUSES, STEWARD
from app.demo.thread import Plan
from orgs.programmes.rules import Openings
from tests.demo.test_plan import last_states
from tests.network import Servers

SCALE = 0.04

pytestmark = [pytest.mark.servers, pytest.mark.slow]


class Loaded:
    """The demo, the plan it was made by, and an administrator's look at the tables."""

    def __init__(self, servers: Servers) -> None:
        self.environ, self.now, self.said = servers.environ(), clock.now(), list[str]()
        with clock.at(self.now):
            loading.load(self.environ, say=self.said.append, scale=SCALE, hands=2)
        self.plan: Plan = loading.planned(self.now, SCALE)
        name = servers.urls["spean_web"].partition("?")[0].rpartition("/")[2]
        self._admin = psycopg.connect(make_conninfo(servers.admin_url, dbname=name), autocommit=True)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        return self._admin.execute(query).fetchall()  # type: ignore[arg-type]

    def count(self, query: str) -> int:
        return int(str(self.ask(query)[0][0]))

    def close(self) -> None:
        self._admin.close()


@pytest.fixture(scope="module")
def demo(servers: Servers, worker_id: str) -> Iterator[Loaded]:
    own = Servers.prepare(servers.admin_url, servers.redis_url, f"demo_{worker_id}")
    loaded = Loaded(own)
    yield loaded
    loaded.close()
    own.clear()


def test_what_was_planned_stands_in_the_tables(demo: Loaded) -> None:
    assert demo.count("SELECT count(*) FROM app.organisations") == len(HOUSES) + 1
    assert demo.count("SELECT count(*) FROM app.programmes") == sum(len(house.places) for house in HOUSES)
    states = {str(state): int(str(n)) for state, n in demo.ask("SELECT state, count(*) FROM app.referrals GROUP BY 1")}
    assert states == Counter(str(state) for state in last_states(demo.plan).values())
    taken_in = sum(step.what == "take" for step in demo.plan.steps)
    assert demo.count("SELECT count(*) FROM app.clients") == len(demo.plan.clients) + taken_in
    drafts = sum(step.what == "draft" for step in demo.plan.steps)
    assert demo.count("SELECT count(*) FROM app.drafts WHERE sitting_id IS NULL") == drafts


def test_moments_are_those_of_the_plan_and_none_lies_ahead(demo: Loaded) -> None:
    sent = sorted(step.at for step in demo.plan.steps if step.what == "send")
    assert [row[0] for row in demo.ask("SELECT sent_at FROM app.referrals ORDER BY 1")] == sent
    for table in ("referral_events", "messages", "audit_log", "client_notes"):
        assert demo.count(f"SELECT count(*) FROM app.{table} WHERE at > now()") == 0, table


def test_nothing_is_left_to_tell_and_nobody_gets_mail(demo: Loaded) -> None:
    assert demo.count("SELECT count(*) FROM app.outbox WHERE done_at IS NULL") == 0
    assert demo.count("SELECT count(*) FROM app.deliveries") == 0


def test_recent_news_is_unread_and_older_news_is_read(demo: Loaded) -> None:
    unread = [row[0] for row in demo.ask("SELECT at FROM app.notifications WHERE read_at IS NULL")]
    read = [row[0] for row in demo.ask("SELECT at FROM app.notifications WHERE read_at IS NOT NULL")]
    assert unread
    assert read
    assert all(isinstance(at, datetime) and demo.now - at <= timedelta(hours=15) for at in unread)


def test_nothing_is_due_that_the_schedule_would_have_done(demo: Loaded) -> None:
    assert demo.count("SELECT count(*) FROM sec.due_referrals(1000)") == 0


def test_uptake_is_published_and_programmes_have_places(demo: Loaded) -> None:
    assert demo.count("SELECT count(*) FROM app.uptake_releases") >= 2
    assert {row[0] for row in demo.ask("SELECT openings FROM app.programmes WHERE published")} == set(Openings)
    assert demo.count("SELECT count(*) FROM app.programmes WHERE published AND NOT accepting") == 1
    assert demo.count("SELECT count(*) FROM app.programmes WHERE taken > capacity") == 0


def test_no_name_stands_in_the_clear(demo: Loaded) -> None:
    names = {client.record.name for client in demo.plan.clients if client.record.name}
    written = "\n".join(
        str(row[0])
        for table in ("clients", "client_notes", "drafts", "packet_parts", "referral_events", "audit_log", "outbox")
        for row in demo.ask(f"SELECT t::text FROM app.{table} t")
    )
    assert names
    assert not [name for name in names if name in written or name.encode().hex() in written]


def test_nobody_stays_signed_in(demo: Loaded) -> None:
    assert demo.count("SELECT count(*) FROM sec.sessions WHERE revoked_at IS NULL") == 0


def test_a_second_loading_does_nothing(demo: Loaded) -> None:
    before = demo.count("SELECT count(*) FROM app.audit_log")
    result = CliRunner(env=demo.environ).invoke(commands, ["load-demo"])
    assert (result.exit_code, result.output) == (0, "There is a network here already: the demo is left out.\n")
    assert demo.count("SELECT count(*) FROM app.audit_log") == before


def test_the_sign_ins_are_told_and_open_the_door(demo: Loaded) -> None:
    result = CliRunner(env=demo.environ).invoke(commands, ["demo-signins"])
    assert result.exit_code == 0, result.output
    for house in (*HOUSES, STEWARD):
        assert house.en in result.output
        for member in house.members:
            assert re.search(rf"{house.email(member)} +{member.name}", result.output)
    assert loading.password(loading.load_settings(demo.environ)) in result.output


def test_where_there_is_no_demo_no_sign_in_is_told(servers: Servers) -> None:
    result = CliRunner(env=servers.environ()).invoke(commands, ["demo-signins"])
    assert (result.exit_code, result.output) == (0, "There is no demo network here.\n")


def test_another_installation_has_another_password(demo: Loaded) -> None:
    other = loading.load_settings(demo.environ | {"SPEAN_SECRET_KEY": "another-" * 5})
    assert loading.password(other) != loading.password(loading.load_settings(demo.environ))
