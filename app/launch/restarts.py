"""When a process that ended by itself is started again, when somebody is told, and when Spean gives up. Rules only.

Times are seconds of a clock that never jumps (`time.monotonic`).
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
_DOUBLINGS = 10  # more would grow beyond what a number may be, after months
RAN_WELL = 60.0
"""What ran for so long is well again: its next end is a new incident, and the delays begin anew."""
TRIES = 5
"""So many starts of the database server in a row may fail. With their delays that is half a minute at least."""
TRIAL = 20.0
"""What ends within this time of the first start, with an error of its own, was started wrongly (a bad setting)."""
MISSES = 3
"""So many questions in a row may stay without an answer before the web is started again."""


@dataclass(frozen=True)
class Past:
    """What is remembered of one process.

    `ends`: in a row, without having run well in between. `failures`: starts in a row after which it was never ready.
    """

    ends: int = 0
    failures: int = 0


def after_end(past: Past, *, ran: float, ready: bool) -> Past:
    """It ended after `ran` seconds. `ready`: whether it had come to do its work since it was started."""
    return Past(
        ends=1 if ready and ran >= RAN_WELL else past.ends + 1,
        failures=0 if ready else past.failures + 1,
    )


def delay(past: Past) -> float:
    """Seconds until it is started again: 1, 2, 4 … 30."""
    return min(FIRST_DELAY * 2.0 ** min(past.ends - 1, _DOUBLINGS), LONGEST_DELAY)


def is_told(past: Past) -> bool:
    """Whether this end begins an incident. What follows before it ran well belongs to the same one."""
    return past.ends == 1


def is_over(past: Past, *, ran: float, ready: bool) -> bool:
    """Whether an incident has ended: it runs well again."""
    return past.ends > 0 and ready and ran >= RAN_WELL


def gives_up(past: Past, *, vital: bool) -> bool:
    """Whether everything is stopped: only when what all others need cannot come back."""
    return vital and past.failures >= TRIES


def was_wrong_from_the_start(past: Past, *, code: int, ran: float) -> bool:
    """Whether the first start has failed. A signal (code below 0) comes from outside and is no bad setting."""
    return past == Past() and code > 0 and ran < TRIAL
