"""What was promised, beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.bench.cases import CASES, MOST_STATEMENTS, Kind
from app.bench.indoors import COUNTS
from app.bench.measuring import STEADY, Pair
from app.bench.report import Measured, Report, Target

GROWTH, WALLS = 1.2, 2.0
_SMALL, _LARGE = "10k", "1m"


BESIDE: Mapping[str, tuple[str, float]] = {
    "inbox api": ("18 × CARE's 7, 5 × the mended CARE's 26, 3 × GNU Health's 40", 130),
    "send": ("5 × CARE's 40, GNU Health's 143", 200),
    "accept": ("5 × CARE's 26, GNU Health's 139", 139),
}
"""Answers a second for eight clients: what other systems gave on a quiet machine of two cores, at 20 thousand rows.

They are asked of the size next to that; that a larger one is as quick is a target of its own.
"""
BARE_VIEW = 3303
"""What a view of Flask that does nothing gave there. Where it gives less in the same run, less is asked: rates of two
machines, or of two minutes, are compared by it."""


def judge(report: Report, walls: Mapping[str, Pair]) -> None:
    """Write each target into the report, held or not."""
    rows = {(row.case, row.size): row for row in report.measured}
    report.targets += [*_statements(report), *_buffers(report), *_ratios(rows), *_growth(rows), *_walls(walls)]
    report.targets += [*_speedups(report.measured), *_beside(report.measured)]


def _statements(report: Report) -> Iterator[Target]:
    for kind, most in MOST_STATEMENTS.items():
        keys = {case.key for case in CASES if case.kind is kind}
        found = max((one.statements for one in report.looked if one.case in keys), default=0)
        about = "statements of a list" if kind is Kind.LIST else "statements of a write"
        yield Target(about, f"at most {most}", str(found), found <= most)


def _buffers(report: Report) -> Iterator[Target]:
    looked: dict[str, int] = {}
    for one in report.looked:
        looked[one.case] = max(looked.get(one.case, 0), one.buffers)
    found: dict[tuple[str, int], int] = {}
    for case in CASES:
        if case.buffers is not None and case.key in looked:
            about = "an inbox page" if case.kind is Kind.LIST else case.about
            found[about, case.buffers] = max(found.get((about, case.buffers), 0), looked[case.key])
    for (about, most), buffers in found.items():
        yield Target(f"shared buffers of {about}", f"at most {most}", str(buffers), buffers <= most)


def _ratios(rows: Mapping[tuple[str, str], Measured]) -> Iterator[Target]:
    for case in (one for one in CASES if one.most is not None):
        for (key, size), row in rows.items():
            if key == case.key:
                about = f"{case.about}, against its floor, at {size}"
                yield Target(about, f"at most {case.most:g}", f"{row.ratio:.1f}", row.ratio <= (case.most or 0))


def _growth(rows: Mapping[tuple[str, str], Measured]) -> Iterator[Target]:
    named = {case.key: case.about for case in CASES if case.flat} | {COUNTS: COUNTS}
    for key, about in named.items():
        small, large = rows.get((key, _SMALL)), rows.get((key, _LARGE))
        if small and large:
            grown = large.median / small.median
            yield Target(f"{about}, a million against ten thousand", f"at most {GROWTH}", f"{grown:.2f}",
                         grown <= GROWTH)  # fmt: skip


def _walls(walls: Mapping[str, Pair]) -> Iterator[Target]:
    for size, pair in walls.items():
        ratio = pair.of_case.median / pair.of_floor.median
        yield Target(f"row security and the sealed context, at {size}", f"at most {WALLS:g}", f"{ratio:.1f}",
                     ratio <= WALLS)  # fmt: skip


def _beside(measured: list[Measured]) -> Iterator[Target]:
    for row in measured:
        if row.rates and row.case in BESIDE and row.size == _SMALL:
            whose, most = BESIDE[row.case]
            pace, found = row.rates.bare.eight / BARE_VIEW, row.rates.case.eight
            least = most * min(1.0, pace)
            yield Target(f"{row.case}, answers a second for eight, at {row.size}",
                         f"at least {least:.0f} ({most:g}: {whose}; a bare view's pace: {pace:.2f})",
                         f"{found:.0f}", found >= least)  # fmt: skip


def _speedups(measured: list[Measured]) -> Iterator[Target]:
    for row in measured:
        if row.rates:
            floor, found = row.rates.floor.speedup, row.rates.case.speedup
            yield Target(f"{row.case}, eight clients over one, at {row.size}", f"as the floor's {floor:.2f}",
                         f"{found:.2f}", found >= floor * (1 - STEADY))  # fmt: skip
