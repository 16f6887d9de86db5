"""What will be done, drawn from the seed before anything starts: the same seed, the same plan (not the same timing)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from app.chaos.network import OPEN, RECEIVERS, SMALL, WORKERS

STORIES_A_SECOND = 1.6
"""With eight to ten requests each, that is ten to twenty a second."""
_SENT = ("client", "consent", "send")
SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "answered": (*_SENT, "see", "accept", "message", "note_arrival", "complete"),
    "at once": (*_SENT, "accept_and_arrive", "complete"),
    "declined": (*_SENT, "see", "decline"),
    "waiting": (*_SENT, "waitlist", "see", "accept"),
    "withdrawn early": (*_SENT, "see", "withdraw", "see"),
    "withdrawn late": (*_SENT, "see", "accept", "withdraw", "see"),
    "cancelled": (*_SENT, "see", "cancel"),
    "place": (*_SENT, "accept"),
    "place given back": (*_SENT, "accept", "see", "cancel"),
    "walk in": ("walk_in",),
    "key again": (*_SENT, "send again"),
    "half_time": _SENT,
    "overdue": _SENT,
    "expired": _SENT,
}
"""What happens, by kind of story."""
FOR_PLACES = frozenset({"place", "place given back", "walk in"})
"""Stories of the programmes with few places."""
DUE = ("half_time", "overdue", "expired")
"""Stories that nobody answers: they are aged, so that this is due."""
_OFTEN: Mapping[str, int] = {
    "answered": 22, "at once": 6, "declined": 8, "waiting": 8, "withdrawn early": 7, "withdrawn late": 9,
    "cancelled": 6, "place": 12, "place given back": 5, "walk in": 3, "key again": 5, "half_time": 7, "overdue": 7,
    "expired": 7,
}  # fmt: skip
_HOLDS_S, _FROZEN_S = (1.0, 3.0), (2.5, 7.0)
"""What stands still must do so for longer than anybody waits for it."""
_LATEST_DUE_S = 60.0
"""After this nothing is aged any more: it would have to be waited for at the end."""
_TWICE, _DEMANDING, _FOREIGN, _INSISTS = 0.2, 0.5, 0.25, 0.3


@dataclass(frozen=True)
class Ask:
    """One step of a story. `twice`: sent by two at once under one key. `demanding`: with If-Match."""

    what: str
    pause: float
    twice: bool
    demanding: bool


@dataclass(frozen=True)
class Story:
    """One person's way through the network."""

    number: int
    at: float
    kind: str
    sender: str
    receiver: str
    nurse: str
    programme: str
    asks: tuple[Ask, ...]
    foreign: bool
    """Whether an outsider asks for it."""
    insists: bool
    """Where all places are taken: whether the person is taken all the same, with a reason."""

    @property
    def due(self) -> str:
        """What is due in it after it was aged; '' where it is not."""
        return self.kind if self.kind in DUE else ""


@dataclass(frozen=True)
class Blow:
    """A fault and when it strikes at the earliest; it is healed after `holds` seconds."""

    fault: str
    at: float
    holds: float


def stories(seed: int, seconds: float) -> list[Story]:
    """Everybody's ways, in the order in which they begin."""
    dice = Random(f"stories {seed}")
    return list(_stories(dice, seconds))


def blows(seed: int, seconds: float, faults: tuple[str, ...]) -> list[Blow]:
    """Each fault once in a random order, then each once more, until the time is over."""
    dice = Random(f"blows {seed}")
    found: list[Blow] = []
    at = 2.0
    while at < seconds:
        for fault in dice.sample(faults, len(faults)):
            holds = round(dice.uniform(*(_FROZEN_S if "frozen" in fault else _HOLDS_S)), 1)
            found.append(Blow(fault, round(at, 1), holds))
            at += holds + dice.uniform(0.5, 1.5)
    return [one for one in found if one.at + one.holds < seconds]


def _stories(dice: Random, seconds: float) -> Iterator[Story]:
    at, number = 0.0, 0
    while at < seconds:
        kind = dice.choices(list(_OFTEN), list(_OFTEN.values()))[0]
        if kind in DUE and at > min(seconds / 2, _LATEST_DUE_S):
            kind = "answered"
        yield Story(
            number=number,
            at=round(at, 2),
            kind=kind,
            sender=dice.choice(WORKERS),
            receiver=dice.choice(RECEIVERS),
            nurse=dice.choice(WORKERS),
            programme=SMALL if kind in FOR_PLACES else OPEN,
            asks=tuple(_ask(dice, what) for what in SCRIPTS[kind]),
            foreign=dice.random() < _FOREIGN,
            insists=dice.random() < _INSISTS,
        )
        number += 1
        at += dice.expovariate(STORIES_A_SECOND)


def _ask(dice: Random, what: str) -> Ask:
    return Ask(what, round(dice.uniform(0.0, 0.8), 2), dice.random() < _TWICE, dice.random() < _DEMANDING)
