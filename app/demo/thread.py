"""What the demo remembers of one referral while it plays, and the steps it consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.context import Actor
from app.demo.house import Member, Place
from app.demo.people import Client
from referrals.life.disclosure import Category, Urgency
from referrals.life.states import State


class Ids(Protocol):
    """Where steps find what was stored before them."""

    programmes: dict[str, UUID]
    staff: dict[Member, UUID]


Do = Callable[[Session, Actor, Ids], None]


@dataclass
class Asking:
    """The sitting in which a client was asked: a first choice and alternatives."""

    places: tuple[Place, ...]
    categories: frozenset[Category]
    urgency: Urgency
    days: int
    note: str
    given: datetime
    consents: tuple[UUID, ...] = ()

    @property
    def lapses(self) -> datetime:
        """From when on nothing can be sent or read on it."""
        return self.given + timedelta(days=self.days)


@dataclass
class Thread:
    """One referral. `rank` is its place in the sitting; what stands below `sent` is filled in while it is played."""

    number: int
    client: Client
    asking: Asking
    rank: int
    receiver: Member
    sent: datetime
    previous: Thread | None = None
    id: UUID | None = None
    code: str = ""
    """What is typed from the slip."""
    taken: Client | None = None
    """Whom the receiver took into its own records."""

    @property
    def place(self) -> Place:
        return self.asking.places[self.rank]


@dataclass
class Step:
    """Somebody does something at a moment. `who` None: the schedule does it. `becomes`: the referral's state after."""

    at: datetime
    who: Member | None
    what: str
    do: Do
    thread: Thread | None = None
    client: Client | None = None
    becomes: State | None = None
    moves: str | None = None
    """The programme whose count of free places this may change."""

    @property
    def about(self) -> int:
        """The person whom it concerns, by number: what is done about one person keeps its order."""
        client = self.client or (self.thread and self.thread.client)
        assert client  # noqa: S101 - every step is about somebody
        return client.number


@dataclass
class Plan:
    """Everything that happened, in no order yet."""

    clients: list[Client] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
