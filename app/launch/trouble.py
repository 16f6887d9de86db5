"""The one error of the launcher: a sentence that says what is wrong and, where it can, what to do."""

from __future__ import annotations

from os import SEEK_END
from pathlib import Path

_TAIL = 65_536
"""Bytes: a log may have grown for months."""


class Trouble(Exception):  # noqa: N818 - a sentence for a person, not a fault of the program
    """Printed as it is, without a traceback; the launcher ends with exit code 1."""


def last_line(log: Path) -> str:
    """The last line of a log that says something, for a sentence that quotes it; '' when there is none."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, handle.seek(0, SEEK_END) - _TAIL))
            lines = handle.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    telling = (line.strip() for line in reversed(lines[-40:]))
    return next((line for line in telling if line and not line.startswith(("(Background on", "^"))), "")
