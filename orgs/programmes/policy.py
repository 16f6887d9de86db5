"""Who keeps the directory's entries: the managers of each organisation that offers services."""

from __future__ import annotations

from app.core.context import Actor
from app.core.errors import N_, NotAllowed

_OFFERS_NONE = frozenset({"commune", "steward"})


def check_may_manage(actor: Actor) -> None:
    """Only a manager makes and changes programmes, and only their own organisation's. Raises NotAllowed."""
    if not actor.has("manager"):
        raise NotAllowed(N_("Your organisation's manager looks after the programmes."))
    if actor.org_kind in _OFFERS_NONE:
        raise NotAllowed(N_("This kind of organisation offers no programmes."))


def can_manage(actor: Actor) -> bool:
    """Whether pages offer to make and change programmes."""
    try:
        check_may_manage(actor)
    except NotAllowed:
        return False
    return True
