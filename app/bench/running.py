"""A whole run: every size's stack up at once, cases and floors by turns, then rates, then what the rest costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

from app.bench.asking import Ask, Wire
from app.bench.cases import Case, Kind
from app.bench.crew import Crew
from app.bench.floors import Floors, make_plain
from app.bench.indoors import measured
from app.bench.measuring import Pair, by_turns, rate, warmed
from app.bench.report import Measured, Report
from app.bench.serving import Server, for_process, serving
from app.bench.store import Size
from app.bench.targets import judge

_MS = 1000
_WARM, _SECONDS, _AHEAD = 8, 2.0, 80
RATED = ("inbox api", "inbox page", "outbox page", "send", "accept")
"""Cases whose rates are taken with one client and with eight."""


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

    def bare_lists(self, count: int) -> list[Ask]:
        """So many requests for fifty rows without walls."""
        return [Ask(f"/list/{self.crew.hospital}")] * count


def measure(
    sizes: list[Size], cases: Sequence[Case], folder: Path, report: Report, say: Callable[[str], object]
) -> None:
    """Measure these cases at every size in one run, and judge what came of it."""
    with ExitStack() as stack:
        stands = [_stand(stack, size, cases, folder) for size in sizes]
        say("The stacks are up; measuring by turns")
        by_turns([pair for stand in stands for pair in (*stand.pairs.values(), stand.walls)])
        for stand in stands:
            report.measured += [_measured(stand, key, pair) for key, pair in stand.pairs.items()]
            report.measured += measured(stand.size, stand.crew, stand.floors.read)
        say("Measuring rates")
        bare = {stand.size.name: _rates(stand.bare, stand.bare_lists) for stand in stands}
        for stand in stands:
            for case in (one for one in cases if one.key in RATED):
                one, eight = _rates(stand.server, _supply(stand, case))
                report.measured = [
                    replace(row, one=one, eight=eight) if (row.case, row.size) == (case.key, stand.size.name) else row
                    for row in report.measured
                ]
        judge(report, {stand.size.name: stand.walls for stand in stands}, bare)
        report.notes += [
            f"The machine was noisy: {row.case} at {row.size} did not stand still"
            for row in report.measured
            if not row.steady
        ]


def _stand(stack: ExitStack, size: Size, cases: Sequence[Case], folder: Path) -> Stand:
    doors = size.doors()
    stack.callback(doors.close)
    plain = make_plain(size)
    web = serving(f"web-{size.name}", "wsgi:app", for_process("web", size.environ), folder, "/sign-in")
    server = stack.enter_context(web)
    environ = {**for_process("web", size.environ), "SPEAN_BENCH_URL": plain}
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
    times: Iterator[float] = floors.sending() if case.floor == "send" else floors.accepting()
    return lambda: next(times)


def _measured(stand: Stand, key: str, pair: Pair) -> Measured:
    case, floor = pair.of_case, pair.of_floor
    return Measured(stand.size.name, key, case.median * _MS, case.p95 * _MS, floor.median * _MS, pair.is_steady)


def _supply(stand: Stand, case: Case) -> Callable[[int], list[Ask]]:
    asks = case.asks(stand.crew)
    return lambda count: list(islice(asks, count if case.kind is not Kind.WRITE else min(count, _AHEAD)))


def _rates(server: Server, supply: Callable[[int], list[Ask]]) -> tuple[float, float]:
    """With one client and with eight."""
    found = []
    for clients in (1, 8):
        queue: SimpleQueue[Ask] = SimpleQueue()
        for ask in supply(20_000):
            queue.put(ask)
        found.append(rate(server.port, queue, clients, _SECONDS))
    return found[0], found[1]
