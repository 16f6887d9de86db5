"""All that an official of a sangkat sees: the directory, and what is published of uptake. No person, ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core import clock
from app.http.filters import in_language
from app.http.forms import named
from app.http.session import transaction
from orgs.areas.queries import area_names, khans
from orgs.programmes import public, shown
from orgs.programmes.records import ProgrammeView
from referrals.officials.forms import DirectoryForm, place_of, written
from referrals.uptake.showing import show

bp = Blueprint("officials", __name__, url_prefix="/office", template_folder="templates")


@bp.get("/", strict_slashes=False)
def home() -> ResponseReturnValue:
    """The directory."""
    with transaction() as session:
        search = DirectoryForm(request.args)
        search.khan.choices = named((khan.code, in_language(khan.names)) for khan in khans(session))
        asked = {name: value for name, value in search.data.items() if value} if search.validate() else {}
        found, following = public.directory(session, **asked, after=place_of(request.args.get("after", "")))
        more = url_for(".home", **asked, after=written(following)) if following else ""
        said = _said(session, found)
        return render_template(
            "officials/home.html", search=search, chosen=len(asked), found=found, next_href=more, **said
        )


@bp.get("/services/<uuid:org_id>/<uuid:programme_id>")
def programme(org_id: UUID, programme_id: UUID) -> ResponseReturnValue:
    """One programme."""
    with transaction() as session:
        view = public.published(session, org_id, programme_id)
        return render_template("officials/programme.html", view=view, **_said(session, [view]))


@bp.get("/uptake", endpoint="latest")
@bp.get("/uptake/<kind>/<period>")
def period(kind: str = "", period: str = "") -> ResponseReturnValue:
    """What is published, newest period first."""
    return show("uptake/show.html", kind, period)


@bp.get("/uptake/<kind>/<period>/print")
def printed(kind: str, period: str) -> ResponseReturnValue:
    """The same for paper."""
    return show("uptake/print.html", kind, period)


def _said(session: Session, views: list[ProgrammeView]) -> dict[str, Any]:
    """What the templates need to say something of these programmes."""
    codes = {code for view in views for code in (view.area, view.khan)}
    codes |= {khan for view in views for criterion in view.criteria for khan in criterion.choices if khan.isdecimal()}
    return {"areas": area_names(session, codes), "shown": shown, "now": clock.now()}
