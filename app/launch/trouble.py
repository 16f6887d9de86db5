"""The one error of the launcher: a sentence that says what is wrong and, where it can, what to do."""

from __future__ import annotations

from pathlib import Path


class Trouble(Exception):  # noqa: N818 - a sentence for a person, not a fault of the program
    """Printed as it is, without a traceback; the launcher ends with exit code 1."""


def last_line(log: Path) -> str:
    """The last line of a log that says something, for a sentence that quotes it; '' when there is none."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    telling = (line.strip() for line in reversed(lines[-40:]))
    return next((line for line in telling if line and not line.startswith(("(Background on", "^"))), "")
