"""Each operator's command as an operator gives it to a running Spean: its whole work, in a process of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.cli.__main__ import commands
from tests.logs import COMPLAINT, complaints
from tests.network import AREAS
from tests.week.conftest import Running

pytestmark = [pytest.mark.servers, pytest.mark.slow]

STARTED_OTHERWISE = {
    "load-demo": "the first start of this Spean loaded it",
    "mail-sink": "runs beside the worker all day",
    "provision": "each start of a new database begins with it",
    "migrate": "and goes on with this one",
    "backup": "with restore, below",
    "restore": "fills an empty network, below",
}
"""Commands that a start has run already, or that another test below runs."""
SAYS: dict[str, tuple[list[str], str]] = {
    "audit-heads": ([], r"^[0-9a-f-]{36} \d+ [0-9a-f]{64}$"),
    "audit-lag": ([], r"wait.* to be sealed"),
    "clock": ([], r"right"),
    "create-steward": (["--another"], r"http://127\.0\.0\.1:\d+/join/\S+"),
    "demo-signins": ([], r"sina@network\.example\.org"),
    "import-areas": (["AREAS"], r"areas are there"),
    "mail": ([], r"R-[0-9A-Z]{7}|No mail"),
    "publish": ([], r"no closed period|Published"),
    "reopen-closed": ([], r"\S"),
    "retention": ([], r"clients +\d+"),
    "rotate-keys": (["--kek", "--organisations", "--clients", "--grace", "0"], r"\d"),
    "verify-audit": ([], r"entries are as they were written"),
}


def test_every_command_is_run_here_or_elsewhere() -> None:
    assert set(commands.commands) == SAYS.keys() | STARTED_OTHERWISE.keys()


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_command_does_its_work_beside_the_running_spean(running: Running, tmp_path: Path, name: str) -> None:
    words, expected = SAYS[name]
    areas = tmp_path / "areas.json"
    areas.write_text(json.dumps(AREAS), encoding="utf-8")
    arguments = [str(areas) if word == "AREAS" else word for word in words]
    done = running.spean.call(name, *arguments, "--data", str(running.spean.data))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(expected, done.stdout + done.stderr, re.MULTILINE), done.stdout + done.stderr
    assert not COMPLAINT.search(done.stdout + done.stderr)


def test_a_copy_of_the_running_spean_fills_an_empty_one(running: Running, tmp_path: Path) -> None:
    copies, keys, other = tmp_path / "data", tmp_path / "keys", tmp_path / "other"
    copies.mkdir()
    keys.mkdir()
    other.mkdir()
    made = running.spean.call("backup", str(copies), str(keys), "--data", str(running.spean.data))
    assert made.returncode == 0, made.stdout + made.stderr
    (data,), (key,) = list(copies.iterdir()), list(keys.iterdir())
    (other / "secrets.env").write_text((running.spean.data / "secrets.env").read_text(), encoding="utf-8")
    for command, words, expected in (
        ("restore", [str(data), str(key)], "The copy is restored"),
        ("verify-audit", [], "entries are as they were written"),
    ):
        done = running.spean.call(command, *words, "--data", str(other))
        assert done.returncode == 0, done.stdout + done.stderr
        assert expected in done.stdout
    assert complaints(other / "log") == []
