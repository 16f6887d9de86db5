"""Who may look after whom: managers their organisation, stewards the network."""

from __future__ import annotations

from app.core.context import Actor
from app.core.errors import NotAllowed


def check_manages(actor: Actor) -> None:
    """Staff and their roles are the manager's (in the steward's organisation also the steward's) matter.

    Raises NotAllowed.
    """
    if not actor.has("manager", "steward"):
        raise NotAllowed


def check_steward(actor: Actor) -> None:
    """Organisations come, change and leave by the steward's hand alone. Raises NotAllowed."""
    if not actor.has("steward"):
        raise NotAllowed
