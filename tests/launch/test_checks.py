"""`./spean test` tells the truth: about what failed, in its exit code and in its last line."""

from __future__ import annotations

import pytest

from app.launch import checks
from app.launch.environment import Environment
from app.launch.places import ROOT
from tests.launch.conftest import Spean

TEST = """
import os, socket

def test_servers():
    assert os.environ["SPEAN_TEST_ADMIN_URL"].startswith("postgresql://postgres:")
    assert os.environ["SPEAN_TEST_REDIS_URL"].startswith("unix://:")
    assert "SPEAN_SECRET_KEY" not in os.environ

def test_sum():
    assert 1 + 1 == {sum}
"""


@pytest.mark.slow
@pytest.mark.servers
def test_runs_pytest_on_servers_of_its_own(spean: Spean) -> None:
    (spean.root / "test_one.py").write_text(TEST.replace("{sum}", "2"), encoding="ascii")
    good = spean.call("test", "test_one.py", "-q", SPEAN_SECRET_KEY="an operator's")
    assert good.returncode == 0, good.stdout + good.stderr
    assert good.stdout.splitlines()[-1].startswith("2 passed in ")
    (spean.root / "test_one.py").write_text(TEST.replace("{sum}", "3"), encoding="ascii")
    bad = spean.call("test", "test_one.py")
    assert bad.returncode == 1
    assert bad.stdout.splitlines()[-1].startswith("1 failed, 1 passed in ")
    assert spean.processes() == {}


def test_every_kind_of_check_has_its_step() -> None:
    names = [step.name for step in checks.steps(Environment(ROOT / ".venv"))]
    assert names[:4] == ["format", "lint", "types", "import contracts"]
    assert names[4:] == ["template form", "template lint"]


@pytest.mark.parametrize(
    ("code", "failed", "expected", "last"),
    [
        (0, [], 0, "7 passed in 2.1s"),
        (1, [], 1, "7 passed in 2.1s"),
        (0, ["types"], 1, "7 passed in 2.1s; these checks failed: types"),
    ],
)
def test_the_sum(code: int, failed: list[str], expected: int, last: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert checks._close(code, "7 passed in 2.1s", failed) == expected
    assert capsys.readouterr().out.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("said", "closing"),
    [
        ("....\n\x1b[32m==== \x1b[1m3 passed\x1b[0m in 0.1s ====\x1b[0m\n", "3 passed in 0.1s"),
        (
            "== short test summary ==\nFAILED a\n== 1 failed, 2 errors in 9s ==\nlate words\n",
            "1 failed, 2 errors in 9s",
        ),
        ("no tests ran in 0.01s\n", "no tests ran in 0.01s"),
        ("ERROR: usage\n", "no tests ran"),
    ],
)
def test_pytests_closing_line_is_found(said: str, closing: str) -> None:
    assert checks._closing(said) == closing
