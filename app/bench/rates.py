"""Answers a second for one client and for eight, of a case and of its floor: what more clients win.

The floor of a list is a list without walls behind the same gunicorn; that of sending and of accepting, the same rows
by bare SQL, on a connection for each client.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice, repeat
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from app.bench.asking import Ask, Wire
from app.bench.cases import Case, Kind
from app.bench.crew import Crew
from app.bench.floors import Floors

_T = TypeVar("_T")
RATED = ("inbox api", "inbox page", "outbox page", "send", "accept")
"""Cases whose rates are taken."""
CLIENTS = 8
_TURNS = 5
_READS, _WRITES = 160, 120
"""How much is asked for in one turn."""


@dataclass(frozen=True)
class Rate:
    """Answers a second, for one client and for eight."""

    one: float
    eight: float

    @property
    def speedup(self) -> float:
        return self.eight / self.one


@dataclass(frozen=True)
class Work(Generic[_T]):
    """Things to do without end, and the hands that do them, each on a connection of its own."""

    things: Iterator[_T]
    hands: Sequence[Callable[[_T], object]]
    count: int

    def rate(self, clients: int) -> float:
        """How many a second, when so many hands take the next as soon as they are free."""
        return _timed(list(islice(self.things, self.count)), self.hands[:clients])


def by_turns(*works: Work[Any]) -> list[Rate]:
    """The rates of these, each for one client and for eight.

    A little of each by turns, so that whatever else the machine does meets all alike; first a turn that opens
    connections and is not counted.
    """
    taken: dict[tuple[int, int], list[float]] = defaultdict(list)
    for turn in range(_TURNS + 1):
        for clients in (1, CLIENTS):
            for which, work in enumerate(works):
                rate = work.rate(clients)
                if turn:
                    taken[which, clients].append(rate)
    return [
        Rate(statistics.median(taken[which, 1]), statistics.median(taken[which, CLIENTS]))
        for which in range(len(works))
    ]


def of_case(case: Case, crew: Crew, port: int) -> Work[Ask]:
    """This case's requests to the server on this port."""
    return _requests(case.asks(crew), port, _WRITES if case.kind is Kind.WRITE else _READS)


def of_bare_view(bare: int) -> Work[Ask]:
    """The view that does nothing, on the port `bare`: the machine's own pace."""
    return _requests(repeat(Ask("/bare")), bare, _READS)


@contextmanager
def of_floor(case: Case, floors: Floors, bare: int) -> Iterator[Work[Any]]:
    """What stands beneath a case: lists without walls on the port `bare`, or the rows of a step by bare SQL."""
    if case.floor == "read":
        yield _requests(repeat(Ask(f"/list/{floors.crew.hospital}")), bare, _READS)
        return
    with ExitStack() as stack:
        hands = [Floors(floors.size, floors.crew, floors.plain_url) for _ in range(CLIENTS)]
        for hand in hands:
            stack.callback(hand.close)
        if case.floor == "send":
            yield Work(floors.crew.permissions(), [hand.send for hand in hands], _WRITES)
        else:
            yield Work(floors.crew.sent_ones(), [hand.accept for hand in hands], _WRITES)


def _requests(asks: Iterator[Ask], port: int, count: int) -> Work[Ask]:
    """Each on a connection of its own, as people come: the server hangs up on who thinks for two seconds."""

    def ask(one: Ask) -> None:
        wire = Wire(port)
        wire.send(one)
        wire.close()

    return Work(asks, [ask] * CLIENTS, count)


def _timed(things: Sequence[_T], hands: Sequence[Callable[[_T], object]]) -> float:
    queue: SimpleQueue[_T] = SimpleQueue()
    for thing in things:
        queue.put(thing)

    def work(hand: Callable[[_T], object]) -> None:
        while True:
            try:
                thing = queue.get_nowait()
            except Empty:
                return
            hand(thing)

    threads = [threading.Thread(target=work, args=(hand,)) for hand in hands]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(things) / (time.perf_counter() - begun)
