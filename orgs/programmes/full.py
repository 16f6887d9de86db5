"""What pages ask and say where a place is taken: how many are, and why somebody is taken although all are."""

from __future__ import annotations

from flask_babel import gettext

from app.http.fields import ChoiceField, choices
from app.http.forms import _l
from orgs.programmes.places import Places
from orgs.programmes.rules import OverReason
from orgs.programmes.words import OVER_REASON


def over_field() -> ChoiceField:
    """For forms that take a place. Templates show it where a programme is full."""
    return ChoiceField(
        _l("Take the person over capacity?"),
        choices=choices(OVER_REASON),
        blank=_l("No"),
        description=_l("Only if it cannot wait. Your manager is told that it was done and why, and not for whom."),
    )


def over_chosen(data: str | None) -> OverReason | None:
    """What was chosen there."""
    return OverReason(data) if data else None


def counted(places: Places) -> str:
    """How many places are taken, in a sentence."""
    if places.capacity is None:
        return str(gettext("No limit of places"))
    return str(gettext("%(taken)s of %(all)s places taken", taken=places.taken, all=places.capacity))
