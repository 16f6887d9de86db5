"""Whoever stops a run half-way is left with no process and no folder of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.launch.places import ROOT
from app.launch.processes import birth
from tests.running import eventually

pytestmark = [pytest.mark.slow, pytest.mark.servers]


def folders() -> set[Path]:
    return set(Path("/tmp").glob("spean-chaos-*"))  # noqa: S108 - where chaos makes them


def living(folder: Path) -> list[str]:
    """Every process in whose words or environment the folder stands."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and birth(int(entry.name)):
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes()
                if str(folder).encode() in words + (entry / "environ").read_bytes():
                    found.append(words.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


@pytest.fixture
def chaos(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    env = {"PATH": os.environ["PATH"], "SPEAN_VENV": sys.prefix, "LC_ALL": "C.UTF-8"}
    command = [sys.executable, str(ROOT / "spean"), "chaos", "--seconds", "300", "--seed", "2"]
    with (tmp_path / "said").open("wb") as said:
        running = subprocess.Popen(command, env=env, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
    yield running
    if running.poll() is None:
        running.terminate()
        running.wait(60)


def test_stopped_half_way(chaos: subprocess.Popen[bytes], tmp_path: Path) -> None:
    before = folders()

    def said() -> str:
        return (tmp_path / "said").read_text(encoding="utf-8")

    eventually(lambda: ", for " in said() or chaos.poll() is not None, seconds=120, state=said)
    assert chaos.poll() is None, said()
    (folder,) = [one for one in folders() - before if living(one)]

    begun = time.monotonic()
    chaos.send_signal(signal.SIGINT)

    assert chaos.wait(60) == 130, said()
    assert time.monotonic() - begun < 45
    assert living(folder) == []
    assert not folder.exists()
