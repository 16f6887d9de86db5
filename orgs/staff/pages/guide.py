"""Help, short and for the reader's own role; and what Spean promises, for everybody."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.http.session import actor, signed_in
from orgs.staff.guides import guides_for

bp = Blueprint("help", __name__, template_folder="../templates")


@bp.get("/help")
def guide() -> ResponseReturnValue:
    """How to do one's own work here; strangers read how to get in."""
    roles = actor().roles if signed_in() else frozenset()
    return render_template("staff/help.html", guides=guides_for(roles))


@bp.get("/about")
def about() -> ResponseReturnValue:
    """What Spean is, and who sees what."""
    return render_template("staff/about.html")
