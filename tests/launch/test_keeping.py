"""What ends by itself is started again: the real launcher, with a small house in the place of Spean's."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from app.launch.processes import birth
from tests.launch.conftest import Spean
from tests.running import eventually

pytestmark = [pytest.mark.servers, pytest.mark.slow]
SOON = 15
"""Seconds, on a machine where others are at work. The delay itself is one."""
PARTS = {
    "web": ("gunicorn", "web"),
    "worker": (" worker@", "worker"),
    "mail-worker": ("mail-worker@", "mail-worker"),
    "beat": ("worker.beat", "beat"),
    "mail-sink": ("app.cli.sink", "mail-sink"),
    "redis": ("redis-server", "message broker"),
    "postgres": ("-D ", "database server"),
}


def noted(spean: Spean) -> dict[str, int]:
    state = json.loads((spean.data / "state.json").read_text(encoding="utf-8"))
    return {child["name"]: child["pid"] for child in state["children"] if child["born"] == birth(child["pid"])}


def master(spean: Spean, words: str) -> int:
    """The process that the launcher itself started."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and parent(entry) == spean.launcher.pid:
                said = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                if words in said:
                    return int(entry.name)
    raise StopIteration(words)


def parent(process: Path) -> int:
    return int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def runs(spean: Spean, words: str, *, instead_of: int) -> Callable[[], bool]:
    def look() -> bool:
        try:
            return master(spean, words) != instead_of
        except (StopIteration, OSError):
            return False

    return look


def answers(spean: Spean) -> bool:
    try:
        return bool(spean.page())
    except OSError:
        return False


def incidents(spean: Spean, name: str) -> list[str]:
    return [line for line in spean.said().splitlines() if f"The {name} ended by itself" in line]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_killed_is_started_again_and_said_once(spean: Spean, part: str) -> None:
    words, name = PARTS[part]
    spean.start("--no-demo")
    assert spean.call("keep").stdout == "1 kept\n"
    others = {one: master(spean, said) for one, (said, _name) in PARTS.items() if one != part}
    for _ in range(2):
        victim = master(spean, words)
        os.kill(victim, signal.SIGKILL)
        eventually(runs(spean, words, instead_of=victim), SOON, spean.said)
        eventually(lambda: answers(spean), SOON, spean.said)
    assert len(incidents(spean, name)) == 1, spean.said()
    assert "(code -9)." in incidents(spean, name)[0]
    assert f"Its log is {spean.data / 'log'}" in incidents(spean, name)[0]
    assert {one: master(spean, PARTS[one][0]) for one in others} == others
    if part not in {"redis", "postgres"}:
        eventually(lambda: noted(spean)[part] == master(spean, words), 5)
    eventually(lambda: spean.call("keep").stdout == "2 kept\n", SOON)
    code, seconds = spean.end()
    assert (code, spean.processes()) == (0, {})
    assert seconds < 10


def test_nothing_of_what_was_killed_stays_behind(spean: Spean) -> None:
    """Its workers hold the port, or a task, and would live beside the new ones."""
    spean.start("--no-demo")
    old = {pid for pid, said in spean.processes().items() if "gunicorn" in said}
    assert len(old) == 3
    os.kill(master(spean, "gunicorn"), signal.SIGKILL)
    eventually(lambda: not old & spean.processes().keys(), 5)
    eventually(lambda: answers(spean), SOON)


def test_what_ends_with_an_error_later_is_started_again_after_longer_and_longer(spean: Spean) -> None:
    spean.start("--no-demo")
    os.kill(master(spean, "app.cli.sink"), signal.SIGKILL)  # the first start is over
    (spean.data / "mail" / "end-sink").write_text("No room left.", encoding="utf-8")
    time.sleep(9)  # 1 s, 2 s, 4 s
    tries = (spean.data / "log" / "mail-sink.log").read_text(encoding="utf-8").count("No room left.")
    assert tries in {2, 3}
    assert len(incidents(spean, "mail-sink")) == 1
    assert answers(spean)
    code, seconds = spean.end(signal.SIGINT)  # in the middle of a delay
    assert (code, spean.processes()) == (0, {})
    assert seconds < 10


def test_what_ends_with_an_error_at_the_first_start_ends_the_start(spean: Spean) -> None:
    (spean.data / "mail").mkdir(parents=True)
    (spean.data / "mail" / "end-sink").write_text("No such setting.", encoding="utf-8")
    spean.start("--no-demo")
    assert spean.launcher.wait(timeout=SOON) == 1
    last = spean.said().splitlines()[-1]
    assert last.startswith("spean: The mail-sink ended by itself (code 1). Its last words: 'No such setting.'.")
    assert spean.processes() == {}


def test_everything_stops_when_the_database_cannot_come_back(spean: Spean) -> None:
    spean.start("--no-demo")
    os.kill(master(spean, "-D "), signal.SIGKILL)
    (spean.data / "postgres").rename(spean.data / "gone")
    eventually(lambda: incidents(spean, "database server"), SOON)
    assert answers(spean), "the rest runs on meanwhile"
    assert spean.launcher.wait(timeout=90) == 1
    assert len(incidents(spean, "database server")) == 2, "once when it happened, once in the end"
    last = spean.said().splitlines()[-1]
    assert last.startswith("spean: The database server does not come back, so everything stops.")
    assert spean.processes() == {}


def test_a_web_that_hangs_is_started_again(spean: Spean) -> None:
    spean.start("--no-demo", SPEAN_PROBE_EVERY="0.5")
    hanging = master(spean, "gunicorn")
    (spean.data / "mail" / "hang-web").write_text(str(hanging), encoding="ascii")
    eventually(runs(spean, "gunicorn", instead_of=hanging), SOON, spean.said)
    eventually(lambda: answers(spean), SOON, spean.said)
    assert spean.said().count("The web did not answer 3 times in a row.") == 1
    assert spean.end()[0] == 0
    assert spean.processes() == {}


def test_a_frozen_web_is_started_again_and_an_end_does_not_wait_for_it(spean: Spean) -> None:
    spean.start("--no-demo", SPEAN_PROBE_EVERY="0.5")
    frozen = [pid for pid, said in spean.processes().items() if "gunicorn" in said]
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    eventually(runs(spean, "gunicorn", instead_of=min(frozen)), SOON, spean.said)
    eventually(lambda: answers(spean), SOON, spean.said)
    for pid in [pid for pid, said in spean.processes().items() if "gunicorn" in said]:
        os.kill(pid, signal.SIGSTOP)
    code, seconds = spean.end()
    assert (code, spean.processes()) == (0, {})
    assert seconds < 10


def test_a_web_that_answers_is_left_alone(spean: Spean) -> None:
    spean.start("--no-demo", SPEAN_PROBE_EVERY="2")
    before = master(spean, "gunicorn")
    time.sleep(9)
    assert master(spean, "gunicorn") == before
    assert "did not answer" not in spean.said()
    assert spean.end()[0] == 0


def test_a_full_disk_ends_nothing(spean: Spean) -> None:
    """What cannot be noted is not noted: a folder stands where the new note should be written."""
    spean.start("--no-demo")
    (spean.data / "state.json.new").mkdir()
    os.kill(master(spean, "app.cli.sink"), signal.SIGKILL)
    eventually(lambda: len(incidents(spean, "mail-sink")) == 1, SOON)
    eventually(runs(spean, "app.cli.sink", instead_of=0), SOON, spean.said)
    assert answers(spean)
    (spean.data / "state.json.new").rmdir()
    assert spean.end()[0] == 0
