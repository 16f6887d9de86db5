"""Counts of deliveries as the steward's page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext

from referrals.deliveries.queries import Count
from referrals.deliveries.rules import State
from referrals.deliveries.words import CHANNEL, OTHER, REASON, STATE


@dataclass(frozen=True)
class Line:
    """One row. `retry`: what *try all again* posts; None where there is nothing to try."""

    channel: str
    state: str
    reason: str
    deliveries: int
    since: datetime
    retry: dict[str, str] | None


def lines(counts: Iterable[Count]) -> list[Line]:
    """In the reader's language. The context variable `deliveries` of `deliveries/counts.html`."""
    return [_line(one) for one in counts]


def _line(count: Count) -> Line:
    again = count.state in {State.FAILED, State.PARKED}
    return Line(
        channel=gettext(CHANNEL.get(count.channel, OTHER)),
        state=gettext(STATE[count.state]),
        reason=gettext(REASON.get(count.reason, OTHER)) if count.reason else "",
        deliveries=count.deliveries,
        since=count.since,
        retry={"channel": count.channel, "reason": count.reason} if again else None,
    )
