"""What a person sees while they wait: one short line for each step, with the seconds since the start."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

_begun = time.monotonic()


class _Out:
    to_stderr = False


def elapsed() -> float:
    """Seconds since the launcher began."""
    return time.monotonic() - _begun


def to_stderr() -> None:
    """From now on say everything on stderr: stdout belongs to the command that is run."""
    _Out.to_stderr = True


def _stream() -> TextIO:
    return sys.stderr if _Out.to_stderr else sys.stdout


def say(text: str) -> None:
    """One finished line."""
    with suppress(BrokenPipeError):  # whoever read along has gone: that stops nothing
        print(f"{elapsed():7.1f} s  {text}", file=_stream(), flush=True)


class Following:
    """Says each line that is added to a log: for a long step that reports on itself."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._seen = log.stat().st_size if log.exists() else 0
        self._rest = b""

    def __call__(self) -> None:
        """Say what was added since the last call."""
        if not self._log.exists() or self._log.stat().st_size == self._seen:
            return
        with self._log.open("rb") as handle:
            handle.seek(self._seen)
            added = handle.read()
        self._seen += len(added)
        *lines, self._rest = (self._rest + added).split(b"\n")
        for line in lines:
            if line.strip():
                say(f"  {line.decode('utf-8', 'replace').strip()}")


@contextmanager
def step(doing: str, done: str) -> Iterator[None]:
    """Announce a long step, and its end. On a terminal the two share a line."""
    if _stream().isatty():
        print(f"{elapsed():7.1f} s  {doing} …", end="", file=_stream(), flush=True)
        try:
            yield
        except BaseException:
            print(file=_stream(), flush=True)
            raise
        print("\r\033[K", end="", file=_stream())
    else:
        say(f"{doing} …")
        yield
    say(done)
