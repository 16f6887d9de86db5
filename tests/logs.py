"""What the logs of a Spean that ran hold against it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

COMPLAINT = re.compile(r"Traceback|\b(?:WARNING|ERROR|CRITICAL|FATAL|PANIC)\b|Error:|Warning:|Segmentation")
EXPECTED: tuple[re.Pattern[str], ...] = (
    re.compile(r"WARNING Memory overcommit must be enabled"),  # Redis, of the machine; it saves nothing to disk
    re.compile(r"logfile -> \[stderr\]@%WARNING"),  # beat says how it is set
    re.compile(r"SecurityWarning: You're running the worker with superuser"),  # root, where no account reads the code
)


def complaints(folder: Path, *, but: Sequence[str] = ()) -> list[str]:
    """Each line of the folder's logs that tells of a failure, after the log's name. `but`: patterns that are meant."""
    logs = sorted(folder.glob("*.log*"))
    assert logs, "no log was read"
    allowed = [*EXPECTED, *map(re.compile, but)]
    return [
        f"{log.name}: {line.strip()[:300]}"
        for log in logs
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
        if COMPLAINT.search(line) and not any(one.search(line) for one in allowed)
    ]
