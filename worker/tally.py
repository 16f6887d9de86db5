"""How much of a task's work could not be done: one that fails does not hold up the others, and is not forgotten."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tally:
    """Counts of one run. Never of what or whom: a heartbeat tells only how many."""

    tried: int = 0
    failed: int = 0
