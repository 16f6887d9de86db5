"""The publisher is a process of its own: at its hour, after a missed one, with one secret, and it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.launch import publishing
from app.launch.daily import PHNOM_PENH
from app.launch.processes import Child, spawn
from app.launch.publishing import SETTLING, Publisher
from tests.launch.conftest import Spean
from tests.running import eventually

NOON = datetime(2026, 6, 10, 12, tzinfo=PHNOM_PENH)
HOUR = datetime(2026, 6, 10, 1, 20, tzinfo=PHNOM_PENH).time()


class Night:
    """A publisher with real processes, and clocks that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.wall, self.runs = folder, 0.0, NOON, 0
        self.script = "pass"
        self.begin()

    def begin(self) -> None:
        """As a start of Spean does."""
        self.publisher = Publisher(self._spawn, hour=HOUR, noted=self.folder / "published", now=self.now)

    def _spawn(self) -> Child:
        self.runs += 1
        return spawn("publisher", ["/usr/bin/env", "python3", "-c", self.script], env={}, log=self.folder / "log")

    def pass_by(self, seconds: float) -> None:
        """Time goes by, and the launcher looks."""
        self.now, self.wall = self.now + seconds, self.wall + timedelta(seconds=seconds)
        self.publisher.look(self.now, self.wall)

    def until_it_ends(self) -> None:
        child = self.publisher.child
        assert child is not None
        child.process.wait(timeout=20)
        self.pass_by(0)
        assert self.publisher.child is None


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def test_a_start_makes_up_for_what_was_missed_once_people_have_their_pages(night: Night) -> None:
    night.pass_by(SETTLING - 1)
    assert night.runs == 0
    night.pass_by(1)
    night.until_it_ends()
    night.pass_by(3600)
    night.begin()
    night.pass_by(SETTLING)
    assert night.runs == 1


def test_it_runs_again_at_its_hour_and_not_before(night: Night) -> None:
    night.pass_by(SETTLING)
    night.until_it_ends()
    night.pass_by(13 * 3600)
    assert night.runs == 1
    night.pass_by(20 * 60)
    assert night.runs == 2
    night.until_it_ends()
    night.pass_by(60)
    assert night.runs == 2


def test_what_failed_is_tried_again_after_a_while_and_told_once(
    night: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    night.script = "raise SystemExit('The database cannot be reached.')"
    night.pass_by(SETTLING)
    for pause in (300, 600, 1200):
        night.until_it_ends()
        runs = night.runs
        night.pass_by(pause - 1)
        assert night.runs == runs
        night.pass_by(1)
        assert night.runs == runs + 1
    night.until_it_ends()
    said = capsys.readouterr().out
    assert said.count("Publishing failed (code 1). Its last words: 'The database cannot be reached.'.") == 1
    assert said.count("tried again") == 1
    night.script = "pass"
    night.pass_by(2400)
    night.until_it_ends()
    night.pass_by(3600)
    assert night.runs == 5


def test_one_that_hangs_is_stopped_and_tried_again(night: Night, capsys: pytest.CaptureFixture[str]) -> None:
    night.script = "import time; time.sleep(1000)"
    night.pass_by(SETTLING)
    child = night.publisher.child
    assert child is not None
    night.pass_by(publishing.daily.LONGEST)
    assert child.alive()
    night.pass_by(1)
    assert not child.alive()
    assert "took too long" in capsys.readouterr().out
    night.script = "pass"
    night.pass_by(300)
    night.until_it_ends()
    assert night.runs == 2


def test_what_cannot_be_noted_is_not_done_all_the_time(night: Night) -> None:
    (night.folder / "published.new").mkdir()
    night.pass_by(SETTLING)
    night.until_it_ends()
    night.pass_by(299)
    assert night.runs == 1


@pytest.mark.servers
@pytest.mark.slow
def test_the_launcher_starts_it_with_its_own_secret_alone(spean: Spean) -> None:
    spean.start("--no-demo")
    eventually((spean.data / "published").exists, 60)
    assert spean.note("published").split() == [
        "SPEAN_BASE_URL", "SPEAN_MAIL_DIR", "SPEAN_PUBLISHER_URL", "SPEAN_VENV",
    ]  # fmt: skip
    assert not [said for said in spean.processes().values() if "publish" in said]
    assert spean.end()[0] == 0
    noted = (spean.data / "published").read_text(encoding="ascii")
    assert datetime.now(UTC) - datetime.fromisoformat(noted.strip()) < timedelta(minutes=2)
    turn = datetime.now(PHNOM_PENH) + timedelta(minutes=1)
    spean.start("--no-demo", SPEAN_PUBLISH_AT=f"{turn:%H:%M}")
    eventually(lambda: spean.note("published").count("\n") == 2, 90)
    assert datetime.now(PHNOM_PENH) >= turn.replace(second=0, microsecond=0)
    assert spean.end()[0] == 0


@pytest.mark.servers
@pytest.mark.slow
def test_a_publisher_that_fails_stops_nothing(spean: Spean) -> None:
    (spean.data / "mail").mkdir(parents=True)
    (spean.data / "mail" / "break-publisher").touch()
    spean.start("--no-demo", until="Publishing failed (code 1). Its last words: 'The counts are not there.'")
    assert spean.page()
    assert not (spean.data / "published").exists()
    assert spean.end()[0] == 0
    assert spean.processes() == {}
