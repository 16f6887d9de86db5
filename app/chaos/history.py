"""What was asked, what came back, and what was found at the end. Plain values: the invariants read nothing else.

Each operation has one of three outcomes, as Jepsen states them (jepsen.io): ok, fail (it certainly did not happen) and
unknown (no answer came, or one that promises nothing: it may have happened or may happen yet).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from threading import Lock


class Outcome(StrEnum):
    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"


NO_ANSWER = 0
"""In the place of an HTTP status: the connection was refused or lost, or the time was up."""


def outcome_of(status: int) -> Outcome:
    """What an HTTP status says about the operation. An error of the server's promises nothing."""
    if status == NO_ANSWER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome.UNKNOWN
    return Outcome.OK if status < HTTPStatus.BAD_REQUEST else Outcome.FAIL


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One request and its answer. `begun` and `ended` are seconds since the run began."""

    story: int
    what: str
    """client, walk_in, consent, send, read, or the name of a step; foreign: an outsider asked."""
    who: str
    """The staff member's id."""
    status: int
    begun: float
    ended: float
    key: str = ""
    """The Idempotency-Key."""
    on: str = ""
    """What was acted upon: a client, a consent (for send) or a referral."""
    made: str = ""
    """The id of what the answer says was made or changed."""
    asked_version: int | None = None
    """The version that If-Match demanded."""
    version: int | None = None
    """The version that the answer shows."""
    replayed: bool = False
    packet: bool | None = None
    """Whether anything of the packet stood in the answer."""
    said: str = ""
    """The sentence of an answer that was not ok."""

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.status)


class History:
    """All operations of a run, in the order in which they were answered; many threads write it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._operations: list[Operation] = []

    def add(self, operation: Operation) -> None:
        """Keep one."""
        with self._lock:
            self._operations.append(operation)

    def all(self) -> list[Operation]:
        """Those so far."""
        with self._lock:
            return list(self._operations)


@dataclass(frozen=True)
class Event:
    """Something that happened to a referral, as it stands in the database."""

    id: str
    referral: str
    kind: str
    at: datetime
    by_org: str | None
    by_staff: str | None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Referral:
    """A referral as it stands in the database at the end."""

    id: str
    sender_org: str
    receiver_org: str
    programme: str
    consent: str
    state: str
    version: int


@dataclass(frozen=True)
class Job:
    """A row of the outbox: one organisation to be told of one event."""

    event: str
    org: str
    done: bool


@dataclass(frozen=True)
class Notice:
    """A line in somebody's bell. `mail`: what became of its mail; waiting while that is open."""

    id: str
    org: str
    staff: str
    event: str
    mail: str


@dataclass(frozen=True)
class Mail:
    """A mail that was offered to the mail server. `taken`: answered with 250, or kept before the line was cut.

    `notice` is read from the link in its text; '' where there is none. `refused`: answered with a 5yz, for good (RFC
    5321, 4.2.1).
    """

    message_id: str
    notice: str
    to: str
    taken: bool
    refused: bool = False


@dataclass(frozen=True)
class Due:
    """A referral that was aged so that `kind` was due at `at` (the database's clock)."""

    referral: str
    kind: str
    at: datetime


@dataclass(frozen=True)
class Seen:
    """A referral, read through the API at the end as one of its parties. `kinds` has one word for each event."""

    referral: str
    party: str
    status: int
    version: int | None = None
    kinds: tuple[str, ...] = ()
    packet: bool = False


@dataclass(frozen=True)
class Entry:
    """How often one action of one person on one thing stands in the audit."""

    action: str
    subject: str
    staff: str | None
    times: int


@dataclass(frozen=True)
class Place:
    """A programme with a capacity, and what holds its places at the end."""

    programme: str
    capacity: int
    taken: int
    over: int
    """How many of these were taken beyond the capacity with a reason."""


@dataclass(frozen=True)
class Person:
    """Whom the network may tell of something."""

    staff: str
    org: str
    email: str
    by_mail: bool


@dataclass
class Final:
    """What was found after everything had been healed."""

    referrals: list[Referral] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    clients: Mapping[str, int] = field(default_factory=dict)
    """HTTP status by client, as whoever made the record reads it."""
    written: frozenset[str] = frozenset()
    """Every client there is."""
    consents: frozenset[str] = frozenset()
    entries: list[Entry] = field(default_factory=list)
    verified: bool = False
    """Whether `verify-audit` found nothing wrong, and nothing waits to be sealed."""
    places: list[Place] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    teams: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The staff to be told of a programme's referrals."""
    due: list[Due] = field(default_factory=list)
