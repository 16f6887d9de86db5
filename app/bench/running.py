"""A whole run: every size's stack up at once, cases and floors by turns, then rates, then what the rest costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.bench import rates
from app.bench.asking import Ask, Wire
from app.bench.cases import Case
from app.bench.crew import Crew
from app.bench.floors import Floors, make_plain
from app.bench.indoors import measured
from app.bench.measuring import Pair, by_turns, warmed
from app.bench.network import HOSPITAL
from app.bench.rates import RATED, Rates
from app.bench.report import Measured, Report
from app.bench.serving import Server, for_process, serving
from app.bench.store import Size
from app.bench.targets import judge

_MS = 1000
_WARM = 8


@dataclass
class Stand:
    """One size with everything that asks and answers."""

    size: Size
    server: Server
    bare: Server
    crew: Crew
    floors: Floors
    pairs: dict[str, Pair]
    walls: Pair


def measure(
    sizes: list[Size], cases: Sequence[Case], folder: Path, report: Report, say: Callable[[str], object]
) -> None:
    """Measure these cases at every size in one run, and judge what came of it."""
    with ExitStack() as stack:
        stands = [_stand(stack, size, cases, folder) for size in sizes]
        say("The stacks are up; measuring by turns")
        alike = [[stand.pairs[case.key] for stand in stands] for case in cases]
        by_turns([*alike, [stand.walls for stand in stands]])
        for stand in stands:
            report.measured += [_measured(stand, key, pair) for key, pair in stand.pairs.items()]
            report.measured += measured(stand.size, stand.crew, stand.floors.read)
        say("Measuring rates")
        for stand in stands:
            found = {case.key: _rates(stand, case) for case in cases if case.key in RATED}
            report.measured = [
                replace(row, rates=found[row.case]) if row.size == stand.size.name and row.case in found else row
                for row in report.measured
            ]
        judge(report, {stand.size.name: stand.walls for stand in stands})
        for row in report.measured:
            if not row.steady:
                report.notes.append(f"The machine was noisy: {row.case} at {row.size} did not stand still")
            if row.rates and not row.rates.steady:
                report.notes.append(f"The machine was noisy: rates of {row.case} at {row.size} did not stand still")


def _stand(stack: ExitStack, size: Size, cases: Sequence[Case], folder: Path) -> Stand:
    doors = size.doors()
    stack.callback(doors.close)
    plain = make_plain(size)
    web = serving(f"web-{size.name}", "wsgi:app", for_process("web", size.environ), folder, "/sign-in")
    server = stack.enter_context(web)
    hospital = size.network.houses[HOSPITAL].id
    environ = {**for_process("web", size.environ), "SPEAN_BENCH_URL": plain, "SPEAN_BENCH_HOSPITAL": hospital}
    bare = stack.enter_context(serving(f"bare-{size.name}", "app.bench.bare:app", environ, folder, "/bare"))
    crew = Crew(doors, size.network, server.wire())
    floors = Floors(size, crew, plain)
    stack.callback(floors.close)
    pairs = {case.key: _pair(case, crew, server, bare, floors) for case in cases}
    return Stand(size, server, bare, crew, floors, pairs, Pair(floors.walled, floors.read))


def _pair(case: Case, crew: Crew, server: Server, bare: Server, floors: Floors) -> Pair:
    wire, asks = server.wire(), case.asks(crew)
    warmed(asks, wire, _WARM)
    return Pair(lambda: wire.send(next(asks))[0], _floor(case, bare.wire(), floors))


def _floor(case: Case, bare: Wire, floors: Floors) -> Callable[[], float]:
    if case.floor == "read":
        return lambda: floors.read() + bare.send(Ask("/bare"))[0]
    crew = floors.crew
    times = map(floors.send, crew.permissions()) if case.floor == "send" else map(floors.accept, crew.sent_ones())
    return lambda: next(times)


def _rates(stand: Stand, case: Case) -> Rates:
    crew, bare = stand.crew, stand.bare.port
    works = rates.of_case(case, crew, stand.server.port), rates.of_floor(case, crew, bare), rates.of_bare_view(bare)
    return Rates(*rates.by_turns(*works))


def _measured(stand: Stand, key: str, pair: Pair) -> Measured:
    case, floor = pair.of_case, pair.of_floor
    return Measured(stand.size.name, key, case.median * _MS, case.p95 * _MS, floor.median * _MS, pair.is_steady)
