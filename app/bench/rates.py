"""Answers a second for one client and for eight, of a case and of its floor: what more clients win.

The floor of a list is a list without walls behind the same gunicorn; that of sending and of accepting, the same rows
by bare SQL, on a connection for each client.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TypeVar

from app.bench.asking import Ask, Wire
from app.bench.cases import Case, Kind
from app.bench.crew import Crew
from app.bench.floors import Floors

_T = TypeVar("_T")
RATED = ("inbox api", "inbox page", "outbox page", "send", "accept")
"""Cases whose rates are taken."""
CLIENTS = 8
_TURNS = 3
_READS, _WRITES = 300, 120
"""How much is asked for in one turn."""


@dataclass(frozen=True)
class Rate:
    """Answers a second, for one client and for eight."""

    one: float
    eight: float

    @property
    def speedup(self) -> float:
        return self.eight / self.one


def of_case(case: Case, crew: Crew, port: int) -> Rate:
    """How many of this case's requests the server on this port answers."""
    return _of_requests(case.asks(crew), port, _WRITES if case.kind is Kind.WRITE else _READS)


def of_lists(crew: Crew, port: int) -> Rate:
    """How many lists without walls."""
    return _of_requests(iter(lambda: Ask(f"/list/{crew.hospital}"), None), port, _READS)


def of_rows(which: str, floors: Floors) -> Rate:
    """How many steps by bare SQL: `send` or `accept`."""
    with ExitStack() as stack:
        hands = [Floors(floors.size, floors.crew, floors.plain_url) for _ in range(CLIENTS)]
        for hand in hands:
            stack.callback(hand.close)
        things = floors.crew.permissions() if which == "send" else floors.crew.sent_ones()
        return _by_turns(things, [hand.send if which == "send" else hand.accept for hand in hands], _WRITES)


def _of_requests(asks: Iterator[Ask], port: int, count: int) -> Rate:
    """Each on a connection of its own, as people come: the server hangs up on who thinks for two seconds."""

    def ask(one: Ask) -> None:
        wire = Wire(port)
        wire.send(one)
        wire.close()

    return _by_turns(asks, [ask] * CLIENTS, count)


def _by_turns(things: Iterator[_T], hands: Sequence[Callable[[_T], object]], count: int) -> Rate:
    """One hand and all of them by turns, after a turn that opens connections and is not counted."""
    _timed(list(islice(things, count)), hands)
    ones, eights = [], []
    for _ in range(_TURNS):
        ones.append(_timed(list(islice(things, count)), hands[:1]))
        eights.append(_timed(list(islice(things, count)), hands))
    return Rate(statistics.median(ones), statistics.median(eights))


def _timed(things: Sequence[_T], hands: Sequence[Callable[[_T], object]]) -> float:
    """Things a second, when each hand takes the next as soon as it is free."""
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
