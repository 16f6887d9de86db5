"""The publisher as the launcher starts it: a process with one secret, which does its work and ends."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from referrals.uptake import queries
from tests.network import Network
from tests.referrals.uptake.publishing import forget_all, note
from tests.running import clock_right

HOUSE = Path(__file__).parents[2]


def publish(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "publish"],
        cwd=HOUSE,
        env={"PATH": os.environ["PATH"], "SPEAN_PUBLISHER_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_closed_period_is_published_once_however_often_it_runs(network: Network) -> None:
    person = network.organisation().person("caseworker")
    forget_all(network)
    clock_right(network)
    note(person, date(2026, 2, 14), "referred", range(10))
    first, second = (publish(network.servers.urls["spean_publisher"]) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    assert "Published 2026-Q1." in first.stdout.splitlines()
    assert (second.returncode, second.stdout) == (0, "There is no closed period to publish.\n")
    with person.transaction() as (session, _):
        tree = queries.release(session, "quarter", "2026-Q1")
    assert tree["measures"]["referred"]["count"] == 10
    forget_all(network)


def test_a_database_that_is_away_is_one_sentence() -> None:
    """The launcher quotes it, and tries again later."""
    ended = publish("postgresql://spean_publisher:hush@127.0.0.1:1/spean")
    assert ended.returncode == 2
    assert ended.stderr.startswith("The database cannot be reached: ")
    assert "hush" not in ended.stderr
    assert ended.stderr.count("\n") == 1
