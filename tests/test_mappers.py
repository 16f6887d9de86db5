"""Each process that reads or writes tables maps every one, whatever else it imports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.network import Servers

HOUSE = Path(__file__).parents[1]
ENTRIES = {
    "worker": "import worker.app",
    "web": "import wsgi",
    "command": "from app.cli.__main__ import commands; commands(['mail'], standalone_mode=False)",
    "bench": "from app.bench.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass",
}
SAY = """
from app.core.db import Base
names = {mapper.class_.__module__ + "." + mapper.class_.__name__ for mapper in Base.registry.mappers}
for table in Base.metadata.tables.values():
    [key.column for key in table.foreign_keys]
print("MAPPED", *sorted(names))
"""


def declared() -> set[str]:
    """Every class in the source that says it is a table."""
    found = set()
    for house in ("app", "orgs", "referrals", "worker"):
        for path in (HOUSE / house).rglob("*.py"):
            module = ".".join(path.relative_to(HOUSE).with_suffix("").parts)
            text = path.read_text(encoding="utf-8")
            found |= {f"{module}.{name}" for name in re.findall(r"^class (\w+)\(Base\)", text, re.MULTILINE)}
    return found


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_process_that_starts_knows_every_table(servers: Servers, tmp_path: Path, entry: str) -> None:
    script = f"{ENTRIES[entry]}\n{SAY}"
    environ = {**servers.environ(), "SPEAN_MAIL_DIR": str(tmp_path), "PYTHONPATH": str(HOUSE)}
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=HOUSE, env=environ, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    mapped = answer.stdout.rpartition("MAPPED ")[2].split()
    assert set(mapped) == declared()
