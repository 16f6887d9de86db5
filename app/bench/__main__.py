"""`./spean bench`: fill, look, measure, tell. See `docs/performance.md` for how to read what it says."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.bench.cases import CASES
from app.bench.checking import look
from app.bench.plan import QUICK, SIZES
from app.bench.report import Report
from app.bench.running import measure
from app.bench.store import ready
from app.bench.telling import tell
from referrals import mappers

_BEGUN = time.monotonic()


def say(words: str) -> None:
    """One line of progress."""
    print(f"{time.monotonic() - _BEGUN:7.1f} s  {words}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; 1 when something is broken that no machine excuses."""
    mappers.configure()
    asked = _parser().parse_args(arguments)
    names = asked.sizes.split(",") if asked.sizes else list(QUICK if asked.quick else SIZES)
    folder = Path(os.environ["SPEAN_BENCH_DIR"])
    sizes = [ready(name, os.environ, folder, say) for name in names]
    if asked.fill:
        return 0
    keys = asked.cases.split(",") if asked.cases else [case.key for case in CASES]
    cases = [case for case in CASES if case.key in keys]
    report = Report(looked=look(sizes, cases, say))
    if not asked.quick:
        measure(sizes, cases, folder, report, say)
        if not asked.cases:
            tell(sizes[0], folder, report, say)
    print(f"\n{report.table()}\n")
    say(f"Kept in {report.save(folder / 'results', 'quick' if asked.quick else 'bench')}")
    return 1 if report.broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./spean bench", description="How fast Spean is, and stays as it grows.")
    parser.add_argument("--quick", action="store_true", help="look at statements and plans alone, and time nothing")
    parser.add_argument("--sizes", help=f"some of {','.join(SIZES)}")
    parser.add_argument("--cases", help="some of the cases, such as 'inbox api,send'")
    parser.add_argument("--fill", action="store_true", help="make the data, and stop there")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
