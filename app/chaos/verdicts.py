"""All invariants, in the order in which they are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.chaos import invariants, telling
from app.chaos.history import Final, Operation

Check = Callable[[Sequence[Operation], Final], Iterator[str | None]]
"""Gives None for each thing that is as it must be, and a line for each that is not."""


@dataclass(frozen=True)
class Verdict:
    """How many things were looked at, and which of them were not as they must be, by reference only."""

    name: str
    checked: int
    violations: tuple[str, ...]
    look_at: str
    """Where to look when it is violated."""


INVARIANTS: Mapping[str, tuple[Check, str]] = {
    "what was acknowledged is there": (invariants.acknowledged, "app/core/db.py, the use case of the step"),
    "one client, referral or step for a key": (invariants.one_for_a_key, "app/core/idempotency.py"),
    "one outbox row for an event and organisation": (telling.one_outbox_row, "referrals/life/events.py"),
    "one notice for a person and event": (telling.one_notice, "worker/channels/in_app.py"),
    "each event is told: bell, and at least one mail": (
        telling.covered,
        "worker/relay.py, worker/delivery.py, worker/sending.py",
    ),
    "at most one mail after deduplication": (telling.one_mail, "worker/channels/email.py (Message-ID)"),
    "everything delivered or parked": (telling.settled, "worker/sending.py, log/mail-worker.log"),
    "the audit verifies and is complete": (invariants.audited, "./spean verify-audit, app/core/audit.py"),
    "no packet after a withdrawal": (invariants.no_packet_after_withdrawal, "referrals/life/disclosure.py"),
    "versions step by one": (invariants.versions, "referrals/life/step.py"),
    "no place oversold without a reason": (invariants.places, "the programme's row lock (docs/adr)"),
    "nothing foreign is found": (invariants.nothing_foreign, "referrals/life/scope.py"),
    "due referrals reminded or expired in two minutes": (invariants.due_in_time, "worker/periodic.py, log/beat.log"),
}


def judge(operations: Sequence[Operation], final: Final) -> list[Verdict]:
    """Check all of them."""
    return [_one(name, check(operations, final), look_at) for name, (check, look_at) in INVARIANTS.items()]


def _one(name: str, found: Iterator[str | None], look_at: str) -> Verdict:
    every = list(found)
    return Verdict(name, len(every), tuple(one for one in every if one is not None), look_at)
