"""What is measured: the work of a day, each as the request that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from itertools import repeat

from app.bench.asking import Ask
from app.bench.crew import Crew
from app.bench.network import HOSPITAL, SENDER


class Kind(StrEnum):
    """What is asked of a case: a list costs at most 6 statements, a write at most 14."""

    LIST = "list"
    PAGE = "page"
    WRITE = "write"


@dataclass(frozen=True)
class Case:
    """One thing that people do. `asks` makes the requests, each of which may be sent once unless it only reads.

    `floor` names what it is compared with, `most` the largest ratio to it; `flat`: it must not grow with the table.
    """

    key: str
    about: str
    kind: Kind
    asks: Callable[[Crew], Iterator[Ask]] = field(repr=False)
    floor: str = "read"
    most: float | None = None
    flat: bool = False
    buffers: int | None = None
    """How many shared buffers its reads may touch at every size."""
    who: tuple[int, str] = (HOSPITAL, "nurse")


MOST_STATEMENTS = {Kind.LIST: 6, Kind.WRITE: 14}
LIST_API = "/api/v1/referrals?side=receiver"


def _same(make: Callable[[Crew], Ask]) -> Callable[[Crew], Iterator[Ask]]:
    return lambda crew: repeat(make(crew))


def _page(
    path: Callable[[Crew], str] | str, who: tuple[int, str] = (HOSPITAL, "nurse")
) -> Callable[[Crew], Iterator[Ask]]:
    def make(crew: Crew) -> Ask:
        return Ask(path if isinstance(path, str) else path(crew), crew.browser(*who))

    return _same(make)


def _sends(crew: Crew) -> Iterator[Ask]:
    for consent in crew.permissions():
        yield crew.send(consent)


def _accepts(crew: Crew) -> Iterator[Ask]:
    for referral in crew.sent_ones():
        yield crew.accept(referral)


def _withdrawals(crew: Crew) -> Iterator[Ask]:
    for referral in crew.sent_ones():
        yield crew.withdraw(referral)


_CASEWORKER, _OUTREACH = (SENDER, "caseworker"), (SENDER, "outreach")
_BOX, _ONE, _PLACE = 80, 120, 150
"""Buffers: of a list, of one referral, of a step that also holds and counts the places of its programme."""

CASES: tuple[Case, ...] = (
    Case("inbox api", "inbox, 50 rows, JSON", Kind.LIST, _same(lambda crew: Ask(f"{LIST_API}&size=50", crew.nurse)),
         most=6, flat=True, buffers=_BOX),
    Case("inbox api far", "inbox, 200th page, JSON", Kind.LIST,
         _same(lambda crew: Ask(f"{LIST_API}&size=25&after={crew.far()}", crew.nurse)), flat=True, buffers=_BOX),
    Case("inbox api state", "inbox, one seldom state, JSON", Kind.LIST,
         _same(lambda crew: Ask(f"{LIST_API}&size=50&state=waitlisted", crew.nurse)), flat=True, buffers=_BOX),
    Case("inbox api none", "inbox, a programme without any, JSON", Kind.LIST,
         _same(lambda crew: Ask(f"{LIST_API}&size=50&programme={crew.elsewhere}", crew.nurse)), flat=True,
         buffers=_BOX),
    Case("inbox page", "inbox, to answer", Kind.LIST, _page("/inbox"), most=15, flat=True, buffers=_BOX),
    Case("inbox expected", "inbox, expected", Kind.LIST, _page("/inbox?tab=accepted"), flat=True, buffers=_BOX),
    Case("inbox closed", "inbox, closed", Kind.LIST, _page("/inbox?tab=closed"), flat=True, buffers=_BOX),
    Case("inbox far", "inbox, closed, 200th page", Kind.LIST,
         _page(lambda crew: f"/inbox?tab=closed&after={crew.far(closed=True)}"), flat=True, buffers=_BOX),
    Case("inbox filtered", "inbox, closed, one programme", Kind.LIST,
         _page(lambda crew: f"/inbox?tab=closed&programme={crew.programme}"), flat=True, buffers=_BOX),
    Case("inbox urgent", "inbox, to answer, urgent", Kind.LIST, _page("/inbox?urgency=urgent"), flat=True,
         buffers=_BOX),
    Case("outbox page", "outbox, not answered", Kind.LIST, _page("/outbox", _CASEWORKER), flat=True, who=_CASEWORKER),
    Case("outbox closed", "outbox, closed", Kind.LIST, _page("/outbox?tab=closed", _CASEWORKER), flat=True,
         who=_CASEWORKER),
    Case("outbox own", "outbox of an outreach worker", Kind.LIST, _page("/outbox", _OUTREACH), flat=True,
         who=_OUTREACH),
    Case("reference", "search by reference", Kind.PAGE,
         _same(lambda crew: crew.posted("/inbox", "/inbox", HOSPITAL, "nurse", HTTPStatus.SEE_OTHER,
                                        code=crew.one("completed")["ref"])), flat=True),
    Case("clients", "clients, first page", Kind.LIST, _page("/clients", _CASEWORKER), who=_CASEWORKER),
    Case("client search", "client search by name, 5,000 encrypted", Kind.LIST,
         _same(lambda crew: crew.posted("/clients", "/clients/search", *_CASEWORKER, HTTPStatus.OK, words="zzqx")),
         who=_CASEWORKER),
    Case("directory", "directory matched to a client", Kind.PAGE,
         _page(lambda crew: f"/send/for/{crew.clients[0]}", _CASEWORKER), who=_CASEWORKER),
    Case("referral page", "one referral, with its packet", Kind.PAGE,
         _page(lambda crew: f"/referrals/{crew.one('arrived')['id']}"), flat=True, buffers=_ONE),
    Case("send", "create and send", Kind.WRITE, _sends, floor="send", most=4, flat=True, who=_CASEWORKER),
    Case("accept", "accept with an appointment", Kind.WRITE, _accepts, floor="accept", most=4, flat=True,
         buffers=_PLACE),
    Case("withdraw", "withdraw", Kind.WRITE, _withdrawals, floor="accept", who=_CASEWORKER),
    Case("slip", "slip as PDF", Kind.PAGE,
         _page(lambda crew: f"/referrals/{crew.one('accepted', sent=True)['id']}/slip.pdf", _CASEWORKER),
         who=_CASEWORKER),
    Case("uptake", "published uptake", Kind.PAGE, _page("/uptake")),
)  # fmt: skip
