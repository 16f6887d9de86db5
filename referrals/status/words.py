"""The scheduled tasks and how they are, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core import scheduled
from app.core.errors import N_
from referrals.status.rules import Health

TASK: Mapping[str, str] = MappingProxyType(
    {
        scheduled.RELAY.name: N_("Telling people what happened"),
        scheduled.MAIL.name: N_("Sending mails"),
        scheduled.CLOCK.name: N_("Comparing the clock"),
        scheduled.DUE.name: N_("Reminding of referrals, and letting them run out"),
        scheduled.SEAL.name: N_("Sealing the audit"),
        scheduled.RECORDS.name: N_("Counting how programmes answer"),
        scheduled.PUBLISH.name: N_("Publishing uptake"),
        scheduled.WITNESS.name: N_("Witnessing the partners' audits"),
        scheduled.SWEEP.name: N_("Clearing away what was kept long enough"),
        scheduled.PRUNE.name: N_("Letting the oldest audit go"),
    }
)
OTHER = N_("Another task")
"""For one that a later version brought."""

HEALTH: Mapping[Health, tuple[str, str]] = MappingProxyType(
    {
        Health.WELL: (N_("Well"), "green"),
        Health.WAITING: (N_("Not yet run"), "grey"),
        Health.FAILING: (N_("Fails"), "orange"),
        Health.LATE: (N_("Late"), "red"),
    }
)
"""The word for it, and the colour beside it."""

STOPPED = N_("Something in Spean has stopped.")
WELL_AGAIN = N_("All is well again in Spean.")
SINCE = N_("Not done for too long:")
LOOK = N_("See “Is all well?” in Spean:")


def task(name: str) -> str:
    """The gettext id for a task's name."""
    return TASK.get(name, OTHER)
