"""Published uptake for the network's own people, and the steward's choice of how often it is published."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.http.session import actor, transaction
from referrals.uptake import queries, rules, use_cases
from referrals.uptake.forms import ReleaseKindForm
from referrals.uptake.showing import show

bp = Blueprint("uptake", __name__, url_prefix="/uptake", template_folder="templates")


@bp.get("", endpoint="latest")
@bp.get("/<kind>/<period>")
def period(kind: str = "", period: str = "") -> ResponseReturnValue:
    """What is published, newest period first."""
    return show("uptake/show.html", kind, period, may_choose=rules.can_choose(actor()))


@bp.get("/<kind>/<period>/print")
def printed(kind: str, period: str) -> ResponseReturnValue:
    """The same for paper."""
    return show("uptake/print.html", kind, period)


@bp.route("/frequency", methods=["GET", "POST"])
def frequency() -> ResponseReturnValue:
    """Months or quarters, for the whole network."""
    form = ReleaseKindForm()
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.choose_kind(session, actor(), kind=form.kind.data, version=form.seen_version)
        if not form.errors:
            flash(gettext("Saved."))
            return redirect(url_for(".latest"), code=303)
    with transaction() as session:
        rules.check_may_choose(actor())
        if not form.is_submitted():
            form.show(queries.frequency(session))
        return render_template("uptake/frequency.html", form=form), form.status
