"""The publisher: a process that is started for its hour, with the publisher's secret alone, and ends.

What it does is safe to do again (a period that has a release is left alone), so a start of Spean that finds the last
run missing makes up for it, and a run that failed is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path

from app.launch import daily
from app.launch.places import write_privately
from app.launch.processes import Child
from app.launch.progress import say

NAME = "publisher"
SETTLING = 15.0
"""Seconds after the start of Spean: whoever waits for its pages comes first."""


class Publisher:
    """Looked at again and again, it starts its process, notes that it is done, or tries again later."""

    def __init__(self, spawn: Callable[[], Child], *, hour: time, noted: Path, now: float) -> None:
        self._spawn, self._hour, self._noted = spawn, hour, noted
        self._not_before = now + SETTLING
        self._begun, self._began_at = datetime.min.replace(tzinfo=UTC), now
        self._failures = 0
        self.child: Child | None = None

    def look(self, now: float, wall: datetime) -> bool:
        """Returns whether a process was started just now. `now` never jumps, `wall` says what time of day it is."""
        if self.child is None:
            if now < self._not_before or not daily.is_due(wall, self._hour, self._done()):
                return False
            self._begun, self._began_at = wall, now
            try:
                self.child = self._spawn()
            except OSError as error:
                self._failed(now, f"Publishing could not be started: {error.strerror or error}.")
            return self.child is not None
        if not self.child.alive():
            self._ended(self.child, now, f"Publishing failed (code {self.child.process.returncode}).")
        elif now - self._began_at > daily.LONGEST:
            self.child.clear()
            self._ended(self.child, now, "Publishing took too long and was stopped.")
        return False

    def _ended(self, child: Child, now: float, sentence: str) -> None:
        child.clear()
        self.child = None
        if child.process.returncode != 0:
            self._failed(now, f"{sentence}{child.last_words()}")
            return
        self._failures = 0
        try:
            write_privately(self._noted, daily.write(self._begun))
        except OSError as error:  # a full disk stops nothing, and to publish again does no harm
            self._failed(now, f"Publishing is done, and could not be noted: {error.strerror or error}.")

    def _failed(self, now: float, sentence: str) -> None:
        self._failures += 1
        pause = daily.pause_after(self._failures)
        self._not_before = now + pause
        if self._failures == 1:
            say(f"{sentence} It is tried again in {pause / 60:.0f} minutes, and so on until it succeeds.")

    def _done(self) -> datetime | None:
        """When the last run that succeeded began."""
        try:
            return daily.read(self._noted.read_text(encoding="ascii", errors="replace"))
        except OSError:
            return None
