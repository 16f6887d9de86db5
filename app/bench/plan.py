"""How much there is at each size, and how it is spread: the same from the same seed, however large it is.

One hospital receives more than half of everything and one organisation sends nearly a third, so that a box of theirs
grows with the whole; what is open grows too, which is harder than real life, where places limit it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from referrals.life.states import State

SEED = 2026
ORGANISATIONS = 40
SIZES: Mapping[str, int] = MappingProxyType({"10k": 10_000, "100k": 100_000, "1m": 1_000_000})
QUICK = ("10k", "100k")
HISTORY_DAYS = 720
OPEN_DAYS = 9
"""What is open was sent in so many days."""
RECEIVED, SENT = 0.55, 0.30
"""The share of all referrals that the hospital receives, and that the largest sender sends."""
CLIENTS = 5000
"""Clients of the largest sender, at every size; each other has one for three referrals, up to as many."""
FEW_CLIENTS = 40
CASELOAD = 200
"""Clients of its one outreach worker, at every size: nobody looks after more."""

STATES: Mapping[State, float] = MappingProxyType(
    {
        State.SENT: 0.02, State.ACCEPTED: 0.015, State.ARRIVED: 0.01, State.WAITLISTED: 0.01,
        State.COMPLETED: 0.455, State.STOPPED: 0.12, State.DECLINED: 0.15, State.RELEASED: 0.04,
        State.CANCELLED: 0.05, State.WITHDRAWN: 0.03, State.EXPIRED: 0.10,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Share:
    """What one organisation sends."""

    index: int
    referrals: int
    clients: int


def shares(total: int) -> list[Share]:
    """What each organisation sends, the largest sender first; together `total`."""
    first = round(total * SENT)
    each, over = divmod(total - first, ORGANISATIONS - 1)
    counts = [first, *(each + (index < over) for index in range(ORGANISATIONS - 1))]
    return [
        Share(index, count, CLIENTS if index == 0 else min(CLIENTS, max(FEW_CLIENTS, count // 3)))
        for index, count in enumerate(counts)
    ]
