"""How the inbox and the outbox are divided: which states stand together, and what comes first among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.errors import N_
from referrals.life.states import BACK_WITH_SENDER, ENDED, State


class Order(StrEnum):
    """What the first row is."""

    DUE = "due"
    """Whose answer was promised earliest: the overdue come first."""
    COMING = "coming"
    """Who is expected earliest: those who should have come already come first."""
    RECENT = "recent"
    """What changed last."""


@dataclass(frozen=True)
class Tab:
    """A part of a box. `key` stands in the address, `label` and `empty` are gettext ids."""

    key: str
    label: str
    empty: str
    states: frozenset[State]
    order: Order = Order.RECENT


INBOX: tuple[Tab, ...] = (
    Tab("sent", N_("To answer"), N_("No referral waits for an answer."), frozenset({State.SENT}), Order.DUE),
    Tab("accepted", N_("Expected"), N_("Nobody is expected."), frozenset({State.ACCEPTED}), Order.COMING),
    Tab("arrived", N_("With us"), N_("Nobody is with you by referral now."), frozenset({State.ARRIVED})),
    Tab("waitlisted", N_("Waiting list"), N_("The waiting list is empty."), frozenset({State.WAITLISTED}), Order.DUE),
    Tab("closed", N_("Closed"), N_("No referral has been closed yet."), ENDED),
)

OUTBOX: tuple[Tab, ...] = (
    Tab("sent", N_("Not answered"), N_("No referral waits for an answer."), frozenset({State.SENT}), Order.DUE),
    Tab(
        "back", N_("Came back"), N_("No referral was declined, given back or left without an answer."), BACK_WITH_SENDER
    ),
    Tab("accepted", N_("Accepted"), N_("Nobody has an appointment now."), frozenset({State.ACCEPTED}), Order.COMING),
    Tab("arrived", N_("Arrived"), N_("Nobody is in a programme by your referral now."), frozenset({State.ARRIVED})),
    Tab("waitlisted", N_("Waiting list"), N_("The waiting list is empty."), frozenset({State.WAITLISTED}), Order.DUE),
    Tab("closed", N_("Closed"), N_("No referral has been closed yet."), ENDED - BACK_WITH_SENDER),
)


def chosen(tabs: Iterable[Tab], key: str) -> Tab | None:
    """The tab that an address names, if there is one."""
    return next((tab for tab in tabs if tab.key == key), None)
