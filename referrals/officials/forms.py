"""What an official narrows the directory by."""

from __future__ import annotations

from uuid import UUID

from app.http.forms import ChoiceField, SpeanForm, _l, choices
from orgs.programmes.public import Place
from orgs.programmes.rules import ServiceType
from orgs.programmes.words import SERVICE

_PARTS = 3


class DirectoryForm(SpeanForm):
    """A GET form: it holds no word that could name anybody."""

    class Meta(SpeanForm.Meta):
        csrf = False

    service = ChoiceField(_l("Service"), choices=choices(SERVICE), blank=_l("All services"))
    khan = ChoiceField(_l("Khan"), choices=(), blank=_l("The whole city"))


def place_of(text: str) -> Place | None:
    """Where a page of the directory begins, from its address; None for what no page of ours says."""
    parts = text.split("~")
    if len(parts) != _PARTS or parts[0] not in set(ServiceType):
        return None
    try:
        return (parts[0], UUID(parts[1]), UUID(parts[2]))
    except ValueError:
        return None


def written(place: Place) -> str:
    """A place of the directory for an address."""
    return "~".join(str(part) for part in place)
