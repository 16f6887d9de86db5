"""What a run found, as a table to read, as JSON to keep, and as a picture."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from app.bench.cases import CASES
from app.bench.checking import Looked
from app.bench.picture import picture
from app.bench.rates import Rates

_HEAD = ("case", "size", "median", "95 %", "× floor", "1 client", "8 clients", "statements", "buffers")


@dataclass(frozen=True)
class Measured:
    """One case at one size. Milliseconds, and answers a second."""

    size: str
    case: str
    median: float
    p95: float
    floor: float
    steady: bool
    rates: Rates | None = None

    @property
    def ratio(self) -> float:
        return self.median / self.floor


@dataclass(frozen=True)
class Target:
    """Something that was asked for, and what came of it."""

    about: str
    wanted: str
    found: str
    held: bool


@dataclass
class Report:
    """All that one run found."""

    looked: list[Looked] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def broken(self) -> list[str]:
        """What must not be."""
        return [f"{one.case} at {one.size}: {what}" for one in self.looked for what in one.broken]

    def table(self) -> str:
        """For the terminal."""
        times = {(one.case, one.size): one for one in self.measured}
        rows = [
            (
                _about(one.case),
                one.size,
                *_times(times.get((one.case, one.size))),
                str(one.statements),
                str(one.buffers),
            )
            for one in self.looked
        ]
        seen = {(one.case, one.size) for one in self.looked}
        rows += [(key, size, *_times(one), "", "") for (key, size), one in times.items() if (key, size) not in seen]
        lines = _columns([_HEAD, *rows])
        lines += ["", *(f"{'held    ' if one.held else 'NOT HELD'}  {one.about}: {one.found} (wanted: {one.wanted})"
                        for one in self.targets)]  # fmt: skip
        return "\n".join([*lines, "", *self.notes, *(f"BROKEN: {one}" for one in self.broken)])

    def save(self, folder: Path, name: str) -> Path:
        """JSON and SVG beside each other; returns the JSON's path."""
        folder.mkdir(parents=True, exist_ok=True)
        place = folder / f"{name}.json"
        place.write_text(json.dumps(self._body(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        if self.measured:
            place.with_suffix(".svg").write_text(picture(self._bars()), encoding="utf-8")
        return place

    def _body(self) -> Mapping[str, Any]:
        return {
            "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
            "measured": [{**asdict(one), "ratio": round(one.ratio, 2)} for one in self.measured],
            "looked": [asdict(one) for one in self.looked],
            "targets": [asdict(one) for one in self.targets],
            "notes": self.notes,
        }

    def _bars(self) -> list[tuple[str, list[tuple[str, float]]]]:
        by_case: dict[str, list[tuple[str, float]]] = {}
        for one in self.measured:
            by_case.setdefault(one.case, []).append((one.size, one.median))
        return [(_about(case), bars) for case, bars in by_case.items()]


def _about(key: str) -> str:
    return next((case.about for case in CASES if case.key == key), key)


def _times(one: Measured | None) -> tuple[str, ...]:
    if one is None:
        return ("",) * 5
    times = f"{one.median:.1f} ms{_doubt(one.steady)}", f"{one.p95:.1f} ms", f"{one.ratio:.1f}"
    if one.rates is None:
        return *times, "", ""
    rate, doubt = one.rates.case, _doubt(one.rates.steady)
    return *times, f"{rate.one:.0f}/s{doubt}", f"{rate.eight:.0f}/s{doubt}"


def _doubt(steady: bool) -> str:  # noqa: FBT001 - what is told of
    return "" if steady else " ?"


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    made = list(rows)
    widths = [max(len(row[column]) for row in made) for column in range(len(made[0]))]
    return [
        "  ".join(text.ljust(width) if column < 2 else text.rjust(width)  # noqa: PLR2004 - the two that are words
                  for column, (text, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in made
    ]  # fmt: skip
