"""Which programmes somebody may walk in to, and how full each is."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from sqlalchemy.orm import Session

from app.http.filters import in_language
from app.http.session import actor
from orgs.programmes.full import counted
from orgs.programmes.places import places
from orgs.programmes.queries import own

CONFLICT = HTTPStatus.CONFLICT
"""The last place was taken while the form was filled in."""


@dataclass(frozen=True)
class OwnPlaces:
    """What a form offers."""

    choices: list[tuple[UUID, str]]
    any_full: bool


def own_places(session: Session) -> OwnPlaces:
    """One's own programmes by name, with the places taken where there is a limit."""
    found = places(session, actor())
    named = [
        (view.id, in_language(view.name) if found[view.id].capacity is None
         else f"{in_language(view.name)} – {counted(found[view.id])}")
        for view in own(session, actor())
    ]  # fmt: skip
    return OwnPlaces(named, any(one.full for one in found.values()))
