"""Whether people are served: one small question again and again, and how long it had no answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.chaos.asking import Request, send
from app.chaos.history import Outcome, outcome_of
from app.chaos.network import Member

_EVERY_S, _WITHIN_S, _SOON_S = 0.2, 7.0, 2.0
"""Asked so often; an answer is waited for longer than the web itself waits for PostgreSQL, and is late after two
seconds."""


@dataclass(frozen=True)
class Probe:
    """One question, by the seconds since the run began."""

    begun: float
    ended: float
    status: int
    said: str

    @property
    def served(self) -> bool:
        """Whether it was answered, and soon."""
        return outcome_of(self.status) is Outcome.OK and not self.late

    @property
    def late(self) -> bool:
        return self.ended - self.begun > _SOON_S

    def __str__(self) -> str:
        if outcome_of(self.status) is Outcome.OK:
            return "late answers"
        return f"{self.status or '—'} {self.said}".strip()


def unserved(probes: Sequence[Probe], since: float, until: float) -> float:
    """Seconds from `since` until people were served for good again, among what was asked before `until`; 0: always."""
    asked = [one for one in probes if one.ended >= since and one.begun < until]
    failed = [index for index, one in enumerate(asked) if not one.served]
    if not failed:
        return 0.0
    after = asked[failed[-1] + 1 :]
    return max(0.0, (after[0].ended if after else until) - since)


def sentences(probes: Sequence[Probe], since: float, until: float) -> list[str]:
    """What people were shown instead of an answer."""
    found = (one for one in probes if one.ended >= since and one.begun < until and not one.served)
    return sorted({str(one) for one in found})


@dataclass
class Prober:
    """Asks for the number of somebody's notices, five times a second."""

    port: int
    member: Member
    begun: float
    probes: list[Probe] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._work, daemon=True).start()

    def stop(self) -> None:
        self._over.set()

    def served_since(self, moment: float) -> bool:
        """Whether a question asked after `moment` was answered, and none since has failed."""
        asked = [one for one in list(self.probes) if one.begun >= moment]
        return bool(asked) and asked[-1].served

    def _work(self) -> None:
        request = Request(-1, "probe", self.member, "/notifications?size=1")
        while not self._over.wait(_EVERY_S):
            begun = time.monotonic() - self.begun
            answer = send(self.port, request, within=_WITHIN_S)
            self.probes.append(Probe(begun, time.monotonic() - self.begun, answer.status, answer.said))
