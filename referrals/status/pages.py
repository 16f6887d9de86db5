"""The steward's page: is all well?"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.http.session import actor, transaction
from orgs.staff import policy
from referrals.status import words
from referrals.status.sections import sections
from referrals.status.shown import status

bp = Blueprint("status", __name__, template_folder="templates", url_prefix="/status")


@bp.get("")
def show() -> ResponseReturnValue:
    """Each scheduled task, the last incidents, and the errors that were counted."""
    with transaction() as session:
        policy.check_steward(actor())
        brought = {section.name: section.read(session) for section in sections()}
        return render_template("status/show.html", found=status(session), words=words, sections=sections(), **brought)
