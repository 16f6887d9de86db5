"""The heartbeat by which the database tells whether its clock is right, and how long the worker has been running.

Nothing is closed or destroyed by a clock that jumped (docs/adr/0028-closing-before-destroying.md). The clock in
question is the database server's; what it is held against is this machine's time since its start, which never jumps.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from sqlalchemy import text

from app.core import clock
from worker.context import Workshop

log = logging.getLogger(__name__)

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_BEAT = text("SELECT sec.beat_clock(:boot, :mono)")
_STATE = text("SELECT why, off_by FROM sec.clock_state()")


def beat(workshop: Workshop) -> bool:
    """Say how long this machine has been running; returns whether time may decide now."""
    with workshop.outside() as session:
        said = session.execute(_BEAT, {"boot": boot(), "mono": clock.since_start()}).scalar_one()
        if said == "noticed":
            why, off_by = session.execute(_STATE).one()
            log.warning(
                "the database's clock is %.0f seconds %s: nothing is closed or destroyed until it is right,"
                " or ./spean clock --continue",
                abs(off_by),
                why,
            )
    if said == "resumed":
        log.info("the database's clock is right again: what is due is closed and destroyed as before")
    return said in {"right", "resumed"}


@cache
def boot() -> str:
    """Which start of this machine it is; the same for every process (proc(5))."""
    return _BOOT.read_text(encoding="ascii").strip()
