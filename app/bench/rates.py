"""Answers a second for one client and for eight, of a case and of its floor: what more clients win.

Floors stand behind the same gunicorn: beneath a list, a list without walls; beneath sending and accepting, a view that
writes the same rows by bare SQL.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from app.bench.asking import Ask, Wire
from app.bench.cases import Case, Kind
from app.bench.crew import Crew
from app.bench.measuring import Figure
from app.bench.network import HOSPITAL, SENDER

_T = TypeVar("_T")
RATED = ("inbox api", "inbox page", "outbox page", "send", "accept")
"""Cases whose rates are taken."""
CLIENTS = 8
_LEAST, _MOST = 5, 12
"""How many turns at least and at most."""
_READS, _WRITES, _BARE = 160, 120, 480
"""How much is asked for in one turn."""


@dataclass(frozen=True)
class Rate:
    """Answers a second, for one client and for eight. `steady`: the machine let them stand still."""

    one: float
    eight: float
    steady: bool

    @property
    def speedup(self) -> float:
        return self.eight / self.one


@dataclass(frozen=True)
class Rates:
    """Of a case, of its floor, and of a view that does nothing: the machine's own pace."""

    case: Rate
    floor: Rate
    bare: Rate

    @property
    def steady(self) -> bool:
        return self.case.steady and self.floor.steady and self.bare.steady


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

    A little of each by turns, so that whatever else the machine does meets all alike, until all stand still or it has
    been enough; first a turn that opens connections and is not counted.
    """
    taken = [(Figure(), Figure()) for _ in works]
    for turn in range(_MOST + 1):
        for which, clients in enumerate((1, CLIENTS)):
            for work, figures in zip(works, taken, strict=True):
                rate = work.rate(clients)
                if turn:
                    figures[which].taken.append(rate)
        if turn >= _LEAST and all(one.is_steady for figures in taken for one in figures):
            break
    return [Rate(one.median, eight.median, one.is_steady and eight.is_steady) for one, eight in taken]


def of_case(case: Case, crew: Crew, port: int) -> Work[Ask]:
    """This case's requests to the server on this port."""
    return _requests(case.asks(crew), port, _WRITES if case.kind is Kind.WRITE else _READS)


def of_bare_view(bare: int) -> Work[Ask]:
    """The view that does nothing, on the port `bare`: the machine's own pace."""
    return _requests(repeat(Ask("/bare")), bare, _BARE)


def of_floor(case: Case, crew: Crew, bare: int) -> Work[Ask]:
    """What stands beneath a case, on the port `bare`: a list without walls, or the rows of a step by bare SQL."""
    if case.floor == "read":
        return _requests(repeat(Ask(f"/list/{crew.hospital}")), bare, _READS)
    ids = crew.permissions() if case.floor == "send" else crew.sent_ones()
    token = crew.token(*(SENDER, "caseworker") if case.floor == "send" else (HOSPITAL, "nurse")).encode()
    return _requests((Ask(f"/{case.floor}/{one}", body=token, kind="text/plain") for one in ids), bare, _WRITES)


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
