"""Each wall is broken on purpose in a process of its own, and the tests that hold it must say so.

That the same tests pass when nothing is broken is what the rest of the run shows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.network import Servers
from tests.walls.mutants.catalogue import MUTANTS, Mutant

ROOT = Path(__file__).parents[3]
SOME_FAILED = 1
"""pytest's exit code; what does not import, or is not found, has another."""


def test_every_name_is_its_own() -> None:
    assert len({one.name for one in MUTANTS}) == len(MUTANTS)
    assert all(one.killers and all("::" in killer for killer in one.killers) for one in MUTANTS)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name.replace(" ", "_"))
def test_it_is_killed(mutant: Mutant, servers: Servers, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rfE", "--tb=short", "-p", "no:cacheprovider", "-n", "0",
         "-p", "tests.walls.mutants.plugin", *mutant.killers],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
            "SPEAN_TEST_ADMIN_URL": servers.admin_url,
            "SPEAN_TEST_REDIS_URL": servers.redis_url,
            "SPEAN_MUTANT": mutant.name,
            "SPEAN_MUTANT_MARK": str(mark),
            "COLUMNS": "1000",
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )  # fmt: skip
    assert mark.exists(), ran.stdout + ran.stderr
    assert ran.returncode == SOME_FAILED, ran.stdout + ran.stderr
    assert "\nERROR " not in ran.stdout, ran.stdout
    failed = re.findall(r"^FAILED (\S+)", ran.stdout, re.MULTILINE)
    for killer in mutant.killers:
        assert any(one == killer or one.startswith(f"{killer}[") for one in failed), (killer, ran.stdout)
