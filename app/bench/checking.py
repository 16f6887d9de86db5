"""What does not depend on the machine: statements, buffers and plans of each case at each size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app.bench.cases import MOST_STATEMENTS, Case, Kind
from app.bench.crew import Crew
from app.bench.inside import Inside, inside
from app.bench.store import Size


@dataclass(frozen=True)
class Looked:
    """One case at one size, as the database sees it."""

    size: str
    case: str
    statements: int
    buffers: int
    faults: tuple[str, ...]
    broken: tuple[str, ...] = ()
    """What must not be, in words."""


def look(sizes: list[Size], cases: Sequence[Case], say: Callable[[str], object]) -> list[Looked]:
    """Look at these cases at every size. Nothing here is timed."""
    found: list[Looked] = []
    for size in sizes:
        with _indoors(size) as (app, crew):
            found += [_one(size, case, app, crew) for case in cases]
        say(f"{size.name}: looked at the statements and plans of {len(cases)} cases")
    return found


def _one(size: Size, case: Case, app: Inside, crew: Crew) -> Looked:
    asks = case.asks(crew)
    app.statements(next(asks))  # the first fills what is read once for each process
    said = app.statements(next(asks))
    plans = app.plans(said, crew.token(*case.who))
    buffers = sum(plan.buffers for plan in plans)
    wandering = app.wandering(said, crew.token(*case.who)) if case.kind is Kind.WRITE else []
    faults = (
        *(fault for plan in plans for fault in plan.faults),
        *(f"one row is looked for in {i}" for i in wandering),
    )
    return Looked(size.name, case.key, len(said), buffers, faults, tuple(_broken(case, len(said), buffers, faults)))


def _broken(case: Case, statements: int, buffers: int, faults: tuple[str, ...]) -> Iterator[str]:
    most = MOST_STATEMENTS.get(case.kind)
    if most is not None and statements > most:
        yield f"{statements} statements, where {most} are enough"
    if case.buffers is not None and buffers > case.buffers:
        yield f"{buffers} buffers, where {case.buffers} are enough"
    if case.flat:
        yield from faults


@contextmanager
def _indoors(size: Size) -> Iterator[tuple[Inside, Crew]]:
    doors = size.doors()
    try:
        with inside(doors) as app:
            yield app, Crew(doors, size.network, app)
    finally:
        doors.close()
