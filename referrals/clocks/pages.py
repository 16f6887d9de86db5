"""The steward says that the clock is right. How it stands is a part of the page that tells whether all is well."""

from __future__ import annotations

from flask import Blueprint, flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.http.session import actor, transaction
from orgs.staff import policy
from referrals.clocks import use_cases

bp = Blueprint("clocks", __name__, template_folder="templates", url_prefix="/status/clock")
BACK = "/status"


@bp.post("/continue")
def go_on() -> ResponseReturnValue:
    """What is due is closed and destroyed again."""
    with transaction() as session:
        policy.check_steward(actor())
        use_cases.go_on(session)
    flash(gettext("Noted: the clock is right. What is due runs out again, and is destroyed a day later."))
    return redirect(BACK, code=303)
