"""An organisation's own figures: how many referrals were answered, and how many ended in service received.

The two shares are the measures that the network set itself: below 10 % left without an answer, above 45 % ending in
service received.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.context import Actor
from app.core.errors import NotAllowed, NotFound

PERIODS: tuple[int, ...] = (30, 90, 180)
"""Days that can be looked back on."""
MOST_UNANSWERED = 0.10
LEAST_SERVED = 0.45


@dataclass(frozen=True)
class Figures:
    """Counts of the referrals of one side that were sent in a period."""

    sent: int = 0
    answered: int = 0
    unanswered: int = 0
    """The promised time is over and there is no answer."""
    in_time: int = 0
    accepted: int = 0
    arrived: int = 0
    served: int = 0
    """Completed with service received."""
    ended: int = 0
    median_minutes: int | None = None
    """Working minutes until the answer; None while there is none."""

    @property
    def share_unanswered(self) -> float | None:
        """Of those that should have been answered by now; None while there is none."""
        due = self.answered + self.unanswered
        return self.unanswered / due if due else None

    @property
    def share_served(self) -> float | None:
        """Of those that ended; None while none has."""
        return self.served / self.ended if self.ended else None


def check_period(days: int) -> int:
    """One of PERIODS. Raises NotFound."""
    if days not in PERIODS:
        raise NotFound
    return days


def check_may_see(actor: Actor) -> None:
    """A manager sees figures, and those who work cases see what their work adds up to. Raises NotAllowed."""
    if actor.org_kind in {"commune", "steward"} or not (actor.has("manager") or actor.works_cases):
        raise NotAllowed
