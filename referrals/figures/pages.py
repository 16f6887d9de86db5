"""The figures of one's own organisation."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.http.session import actor, transaction
from referrals.figures import queries, rules

bp = Blueprint("figures", __name__, url_prefix="/figures", template_folder="templates")


@bp.get("")
@bp.get("/<int:days>")
def show(days: int = rules.PERIODS[1]) -> ResponseReturnValue:
    """What the last weeks or months came to."""
    rules.check_period(days)
    periods = [
        (url_for(".show", days=one), gettext("%(days)s days", days=one), None, one == days) for one in rules.PERIODS
    ]
    with transaction() as session:
        return render_template(
            "figures/show.html", figures=queries.own(session, actor(), days), periods=periods, rules=rules
        )
