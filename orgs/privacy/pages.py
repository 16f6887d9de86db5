"""The privacy officer's page: access that stands out, and what a colleague did on one day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.core.errors import N_
from app.http.session import actor, transaction
from orgs.privacy import queries
from orgs.privacy.rules import NIGHT_FROM, NIGHT_TO, Sign
from orgs.privacy.words import deed
from orgs.staff.queries import staff_names

bp = Blueprint("privacy", __name__, template_folder="templates", url_prefix="/privacy")
_Asked = TypeVar("_Asked")
REASON = {
    Sign.RECORDS: N_("Read %(number)s different records on one day"),
    Sign.SEARCHES: N_("Searched %(number)s times on one day"),
    Sign.PRINTS: N_("Printed %(number)s papers on one day"),
    Sign.DENIALS: N_("Was refused %(number)s times on one day"),
    Sign.NIGHT: N_("Read %(number)s colleagues' clients at night (%(first)s to %(last)s o'clock)"),
}


@bp.get("")
def show() -> ResponseReturnValue:
    """What stands out; or, with a person and a day, which records that was, by their codes."""
    with transaction() as session:
        who, person, on = actor(), _one(UUID, "person"), _one(date.fromisoformat, "day")
        found = queries.findings(session, who)
        seen = queries.accesses(session, who, person, on) if person and on else None
        shown = [one for one in found if person in {None, one.staff_id} and on in {None, one.on}]
        return render_template(
            "privacy/show.html",
            found=shown,
            seen=seen,
            reasons=REASON,
            deed=deed,
            night={"first": NIGHT_FROM, "last": NIGHT_TO},
            names=staff_names(session, who.org_id, [*(one.staff_id for one in shown), person]),
            person=person,
            on=on,
        )


def _one(kind: Callable[[str], _Asked], name: str) -> _Asked | None:
    """What the address asks for; nothing, if that cannot be read."""
    try:
        return kind(request.args[name])
    except (KeyError, ValueError):
        return None
