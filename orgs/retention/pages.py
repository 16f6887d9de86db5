"""A manager's page: how long records are kept, and how many will go soon."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.core.errors import N_
from app.http.session import actor, reading, transaction
from orgs.retention import queries, use_cases
from orgs.retention.forms import RetentionForm
from orgs.retention.rules import AHEAD, Kind

bp = Blueprint("retention", __name__, template_folder="templates")

_SAID = {
    Kind.PACKETS: N_("What was sent with a referral, its messages and slip, after the receiver's last day of reading"),
    Kind.DRAFTS: N_("Referrals that were begun and not sent, after the last change"),
    Kind.NOTICES: N_("Notices"),
    Kind.SESSIONS: N_("Where somebody was signed in, after it ended"),
    Kind.INVITES: N_("Invitations, after they were used or ran out"),
}


@bp.route("/staff/keeping", methods=["GET", "POST"])
def keeping() -> ResponseReturnValue:
    """How long; to be changed for archived clients."""
    with reading() as session:
        kept = queries.kept(session, actor())
    form = RetentionForm(data={"client_years": kept.client_years, "version": kept.version})
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.choose(session, actor(), form.client_years.data or 0, version=form.version_read)
        if not form.errors:
            flash(gettext("Saved."))
            return redirect(url_for("retention.keeping"), code=303)
    return render_template(
        "retention/keeping.html", form=form, due=kept.due, ahead=AHEAD, lines=_lines(kept.days)
    ), form.status  # fmt: skip


def _lines(days: dict[Kind, int]) -> list[tuple[str, str]]:
    return [
        (gettext(said), str(ngettext("%(num)s day", "%(num)s days", days[kind])))
        for kind, said in _SAID.items()
        if kind in days
    ]
