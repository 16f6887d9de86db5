"""The tables at the end, in Markdown: as they are printed they can stand in docs/reliability.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from app.chaos.history import Operation, Outcome
from app.chaos.probing import Probe, sentences, unserved
from app.chaos.striking import Struck
from app.chaos.verdicts import Verdict

_MOST_SHOWN = 10


def faults_table(struck: Sequence[Struck], probes: Sequence[Probe]) -> str:
    """Fault × how often × survived × seconds until served × the sentence shown."""
    by_fault: dict[str, list[Struck]] = defaultdict(list)
    for one in struck:
        by_fault[one.fault].append(one)
    rows = ["| fault | times | survived | seconds until served (longest) | shown meanwhile |", "|---|---|---|---|---|"]
    for fault, every in by_fault.items():
        waits = [unserved(probes, one.at, one.until) for one in every]
        shown = sorted({said for one in every for said in sentences(probes, one.at, one.until)})
        survived = sum(one.survived for one in every)
        rows.append(f"| {fault} | {len(every)} | {survived} | {max(waits):.1f} | {'; '.join(shown) or 'nothing'} |")
    return "\n".join(rows)


def invariants_table(verdicts: Sequence[Verdict]) -> str:
    """Each invariant with its counts."""
    rows = ["| invariant | checked | violated |", "|---|---|---|"]
    rows += [f"| {one.name} | {one.checked:,} | {len(one.violations):,} |" for one in verdicts]
    return "\n".join(rows)


def violations(verdicts: Sequence[Verdict]) -> str:
    """What was violated, by reference only, and where to look; '' when nothing was."""
    lines: list[str] = []
    for verdict in (one for one in verdicts if one.violations):
        lines.append(
            f"VIOLATED: {verdict.name} ({len(verdict.violations)} of {verdict.checked}). See {verdict.look_at}"
        )
        lines += [f"    {one}" for one in verdict.violations[:_MOST_SHOWN]]
        more = len(verdict.violations) - _MOST_SHOWN
        lines += [f"    and {more} more"] if more > 0 else []
    return "\n".join(lines)


def outcomes(operations: Sequence[Operation]) -> str:
    """How many requests had which outcome."""
    counts = Counter(one.outcome for one in operations)
    parts = ", ".join(f"{counts[one]:,} {one}" for one in Outcome)
    return f"{len(operations):,} requests: {parts}."
