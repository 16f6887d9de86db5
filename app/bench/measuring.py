"""Times: a case and its floor by turns, until the median stands still or it must be said that the machine was noisy."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.bench.asking import Ask, Wire

LEAST, MOST = 24, 60
"""How many times at least and at most."""
STEADY = 0.05
"""The medians of the two halves differ by less than this share."""
_P95 = 95


@dataclass
class Figure:
    """Seconds, or answers a second, as often as they were taken."""

    taken: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.taken)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.taken, n=100)[_P95 - 1]

    @property
    def is_steady(self) -> bool:
        """Whether the second half says what the first says."""
        half = len(self.taken) // 2
        first, second = statistics.median(self.taken[:half]), statistics.median(self.taken[half:])
        return abs(first - second) <= STEADY * max(first, second)


@dataclass
class Pair:
    """A case and its floor, measured by turns."""

    case: Callable[[], float]
    floor: Callable[[], float]
    of_case: Figure = field(default_factory=Figure)
    of_floor: Figure = field(default_factory=Figure)

    def once(self) -> None:
        self.of_floor.taken.append(self.floor())
        self.of_case.taken.append(self.case())

    @property
    def is_done(self) -> bool:
        count = len(self.of_case.taken)
        return count >= MOST or (count >= LEAST and self.is_steady)

    @property
    def is_steady(self) -> bool:
        return self.of_case.is_steady and self.of_floor.is_steady


def by_turns(groups: list[list[Pair]]) -> None:
    """All of them round by round, so that whatever else the machine does meets all alike.

    What is compared stands in one group (a case at each size), and goes on until all of it stands still.
    """
    while waiting := [group for group in groups if not all(pair.is_done for pair in group)]:
        for group in waiting:
            for pair in group:
                pair.once()


def warmed(asks: Iterator[Ask], wire: Wire, times: int) -> None:
    """Ask a few times without counting: each worker compiles its templates and opens its connections once."""
    for _ in range(times):
        wire.send(next(asks))
