"""Which clock is believed, and how long the worker has been running: the rule as a table, and heartbeats for real."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from app.cli.publishing import publish
from tests.cast import cast
from tests.network import Network
from tests.worker.timing import clock_made_right, jump, restarted
from worker import clocks, periodic
from worker.context import Workshop

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SLACK = 300
MONTH = timedelta(days=30)

KNOWN = (1000.0, NOW)  # this machine, since its start: 1000 seconds after it, it was noon
UNKNOWN = (None, None)
RULE = {
    # name: (known, seconds since the start, the time, last heartbeat, jumped ahead since) → how far off
    "the first heartbeat of all": (UNKNOWN, 5.0, NOW, None, None, 0),
    "a minute later": (KNOWN, 1060.0, NOW + timedelta(minutes=1), NOW, None, 0),
    "a little fast": (KNOWN, 1060.0, NOW + timedelta(seconds=70), NOW, None, 10),
    "just not a jump": (KNOWN, 1060.0, NOW + timedelta(seconds=360), NOW, None, 300),
    "a jump ahead": (KNOWN, 1060.0, NOW + MONTH, NOW, None, MONTH.total_seconds() - 60),
    "a jump back": (KNOWN, 1060.0, NOW - timedelta(hours=1), NOW, None, -3660),
    "asleep for a night": (KNOWN, 1000.0 + 36000, NOW + timedelta(hours=10), NOW, None, 0),
    "two processes in another order": (KNOWN, 999.5, NOW, NOW, None, 0.5),
    "off for a week": (UNKNOWN, 20.0, NOW + timedelta(days=7), NOW, None, 0),
    "started anew at once": (UNKNOWN, 20.0, NOW + timedelta(seconds=20), NOW, None, 0),
    "a heartbeat from the future": (UNKNOWN, 20.0, datetime(1970, 1, 1, tzinfo=UTC), NOW, None, None),
    "four minutes before the last": (UNKNOWN, 20.0, NOW - timedelta(minutes=4), NOW, None, 0),
    "six minutes before the last": (UNKNOWN, 20.0, NOW - timedelta(minutes=6), NOW, None, -360),
    "still ahead": (KNOWN, 1120.0, NOW + MONTH, NOW, NOW + MONTH, MONTH.total_seconds() - 120),
    "right again": (KNOWN, 1120.0, NOW + timedelta(minutes=2), NOW, NOW + MONTH, 0),
    "still ahead after a new start": (UNKNOWN, 20.0, NOW + MONTH, NOW, NOW + MONTH, MONTH.total_seconds()),
    "right again after a new start": (UNKNOWN, 20.0, NOW + timedelta(hours=2), NOW, NOW + MONTH, 0),
}


@pytest.fixture(autouse=True)
def _right(network: Network) -> Iterator[None]:
    clock_made_right(network)
    yield
    clock_made_right(network)


@pytest.mark.parametrize("case", RULE)
def test_the_rule(network: Network, case: str) -> None:
    (mono, wall), since_start, now, seen_at, ahead_since, off = RULE[case]
    with network.servers.administrator() as asking:
        row = asking.execute(
            "SELECT sec.clock_off(%s::float8, %s::timestamptz, %s::float8, %s::timestamptz, %s::timestamptz,"
            " %s::timestamptz)",
            (mono, wall, since_start, now, seen_at, ahead_since),
        ).fetchone()
    assert row is not None
    if off is None:
        assert row[0] < -SLACK
    else:
        assert row[0] == pytest.approx(off)


def beat(workshop: Workshop, boot: str, mono: float) -> str:
    with workshop.outside() as session:
        asked = text("SELECT sec.beat_clock(:boot, :mono)")
        return str(session.execute(asked, {"boot": boot, "mono": mono}).scalar_one())


def running(workshop: Workshop) -> float:
    with workshop.outside() as session:
        return float(session.execute(text("SELECT running FROM sec.clock_state()")).scalar_one())


def time_goes_by(network: Network, seconds: float) -> None:
    """As the database sees it: its heartbeats lie so far back."""
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.clock SET seen_at = seen_at - make_interval(secs => %s)", (seconds,))
        staging.execute("UPDATE sec.clock_runs SET wall = wall - make_interval(secs => %s)", (seconds,))


def test_running_time_grows_by_what_both_clocks_say_and_by_a_minute_at_most(
    network: Network, workshop: Workshop
) -> None:
    assert beat(workshop, "a", 1000) == "right"
    before = running(workshop)
    assert [beat(workshop, "a", 1000 + 250), running(workshop) - before] == ["right", pytest.approx(0, abs=5)]
    time_goes_by(network, 30)
    beat(workshop, "a", 1280)
    assert running(workshop) - before == pytest.approx(30, abs=5)
    time_goes_by(network, 3600)
    beat(workshop, "a", 4880)
    assert running(workshop) - before == pytest.approx(90, abs=5)
    for number in range(50):  # whoever holds the worker's password cannot make it run faster
        beat(workshop, f"machine {number}", 1)
        beat(workshop, f"machine {number}", 200)
    assert running(workshop) - before == pytest.approx(90, abs=10)


def test_two_machines_are_not_counted_twice(network: Network, workshop: Workshop) -> None:
    beat(workshop, "a", 1000)
    beat(workshop, "b", 50)
    before = running(workshop)
    time_goes_by(network, 30)
    beat(workshop, "a", 1030)
    beat(workshop, "b", 80)
    assert running(workshop) - before == pytest.approx(30, abs=5)


def test_a_machine_that_was_started_while_the_clock_was_wrong_stops_nothing_later(
    network: Network, workshop: Workshop
) -> None:
    team = cast(network)
    beat(workshop, "a", 1000)
    jump(network, team, MONTH)
    assert [beat(workshop, "b", 20), beat(workshop, "a", 1000)] == ["right", "noticed"]
    jump(network, team, -MONTH)
    assert [beat(workshop, "a", 1000), beat(workshop, "b", 30), beat(workshop, "a", 1001)] == [
        "resumed",
        "right",
        "right",
    ]


def test_several_small_jumps_are_a_large_one(network: Network, workshop: Workshop) -> None:
    beat(workshop, "a", 1000)
    said = []
    for number in range(1, 4):
        time_goes_by(network, 150)  # and the machine says that ten seconds have
        said.append(beat(workshop, "a", 1000 + 10 * number))
    assert said == ["right", "right", "noticed"]


def test_a_clock_that_is_a_little_fast_is_followed(network: Network, workshop: Workshop) -> None:
    beat(workshop, "a", 1000)
    for hour in range(1, 200):  # two seconds an hour make more than five minutes
        time_goes_by(network, 3602)
        assert beat(workshop, "a", 1000 + 3600 * hour) == "right"


def test_a_machine_that_was_off_has_not_jumped_and_has_not_run(network: Network, workshop: Workshop) -> None:
    beat(workshop, "a", 1000)
    before = running(workshop)
    time_goes_by(network, 7 * 86400)
    assert beat(workshop, "b", 20) == "right"
    assert running(workshop) == before


def test_a_jump_is_told_once_and_goes_by_itself(
    network: Network, workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    team = cast(network)
    caplog.set_level(logging.INFO)
    assert clocks.beat(workshop)
    jump(network, team, MONTH)
    assert [clocks.beat(workshop) for _ in range(3)] == [False] * 3
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warned) == 1
    assert "seconds ahead" in warned[0]
    jump(network, team, -MONTH)
    assert clocks.beat(workshop)
    assert "right again" in caplog.text


@pytest.mark.parametrize("by", [MONTH, -timedelta(days=400)])
def test_after_a_new_start_a_stopped_clock_stays_stopped_until_it_is_right(
    network: Network, workshop: Workshop, by: timedelta
) -> None:
    team = cast(network)
    clocks.beat(workshop)
    jump(network, team, by)
    assert not clocks.beat(workshop)
    restarted(network)
    assert not clocks.beat(workshop)
    jump(network, team, -by)
    assert clocks.beat(workshop)


def test_without_a_heartbeat_nothing_is_closed(network: Network, workshop: Workshop) -> None:
    """A jump is noticed by what would be closed next, before any heartbeat says so."""
    team = cast(network)
    referral_id = team.send()
    clocks.beat(workshop)
    jump(network, team, MONTH)
    with workshop.outside() as session:
        assert session.execute(text("SELECT * FROM sec.due_referrals(100)")).all() == []
        asked = {"org": team.ngo.id, "id": referral_id}
        assert session.execute(text("SELECT sec.enter_due(:org, :id)"), asked).scalar_one() is None
        assert session.execute(text("SELECT * FROM sec.due_clients(100)")).all() == []


def test_while_the_clock_is_wrong_nothing_is_published_or_pruned(
    network: Network, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = cast(network)
    clocks.beat(workshop)
    jump(network, team, timedelta(days=4000))
    monkeypatch.setenv("SPEAN_PUBLISHER_URL", network.servers.urls["spean_publisher"])
    releases = text("SELECT count(*) FROM app.uptake_releases")
    with network.servers.engines["spean_publisher"].connect() as reading:
        before = reading.execute(releases).scalar_one()
    monkeypatch.setattr("app.cli.publishing._PATIENCE_S", 2.0)
    refused = CliRunner().invoke(publish)
    assert refused.exit_code != 0
    assert "The clock is not known to be right" in refused.output
    assert periodic.prune_audit(workshop) == 0
    assert periodic.sweep(workshop) == 0
    with network.servers.engines["spean_publisher"].connect() as reading:
        assert reading.execute(releases).scalar_one() == before
