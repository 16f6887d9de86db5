"""The launcher with all of Spean behind it: what `./spean run` gives to somebody who begins."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from app.launch.places import ROOT
from tests.launch.conftest import Spean
from tests.network import AREAS

pytestmark = [pytest.mark.servers, pytest.mark.slow]
TEN = 10
"""Seconds: the promise for every start but the first, and for every end."""
TRIES = 4
"""On a machine where others are at work a start may take longer than it has to."""


def test_spean_starts_takes_its_first_steward_and_stops(spean: Spean, tmp_path: Path) -> None:
    spean.tree, where = ROOT, ("--data", str(spean.data))
    spean.start("--no-demo", *where)
    assert f"./spean create-steward --data {spean.data}" in spean.said()
    assert 'name="password"' in spean.page("/sign-in")
    made = spean.call("create-steward", *where)
    link = re.search(rf"http://127\.0\.0\.1:{spean.port}(/join/\S+)", made.stdout)
    assert link is not None, made.stdout + made.stderr
    areas = tmp_path / "areas.json"
    areas.write_text(json.dumps(AREAS), encoding="utf-8")
    assert spean.call("import-areas", str(areas), *where).stdout.endswith("7 areas are there.\n")
    assert {"web", "worker", "beat", "mail-sink"} == {child["name"] for child in _state(spean)["children"]}
    code, seconds = spean.end(signal.SIGTERM)
    assert (code, spean.processes()) == (0, {})
    assert seconds < TEN

    took = []
    while len(took) < TRIES and min(took, default=TEN) >= TEN:
        took.append(spean.start("--no-demo", *where))
        assert 'name="again"' in spean.page(link[1])
        code, seconds = spean.end(signal.SIGINT)
        assert (code, spean.processes()) == (0, {})
        assert seconds < TEN
        assert "Traceback" not in spean.said()
    assert min(took) < TEN


def _state(spean: Spean) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads((spean.data / "state.json").read_text(encoding="utf-8"))
    return found
