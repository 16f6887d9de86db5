"""A manager's page of what could not be delivered, and the steward's *try all again* on the page of the status."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.core.errors import NotFound
from app.core.paging import Cursor
from app.http.session import actor, transaction
from orgs.staff.queries import staff_names
from referrals.deliveries import queries, use_cases
from referrals.deliveries.rules import Reason
from referrals.deliveries.words import CHANNEL, OTHER, REASON

bp = Blueprint("deliveries", __name__, template_folder="templates")
_STATUS = "/status"
"""The steward's page that shows the counts (`deliveries/counts.html`)."""


@bp.get("/staff/undelivered")
def index() -> ResponseReturnValue:
    """One by one, by person and reference, the latest first."""
    with transaction() as session:
        page = queries.failed(session, actor(), Cursor.parse(request.args.get("after")))
        return render_template(
            "deliveries/index.html",
            page=page,
            names=staff_names(session, actor().org_id, [one.staff_id for one in page.rows]),
            channels=CHANNEL,
            reasons=REASON,
            other=OTHER,
            later="after" in request.args,
        )


@bp.post("/staff/undelivered/<uuid:delivery_id>/retry")
def retry(delivery_id: UUID) -> ResponseReturnValue:
    """Send it once more."""
    with transaction() as session:
        use_cases.try_again(session, actor(), delivery_id)
    flash(gettext("It is sent again in a moment."))
    return redirect(url_for("deliveries.index"), code=303)


@bp.post("/staff/undelivered/<uuid:delivery_id>/drop")
def drop(delivery_id: UUID) -> ResponseReturnValue:
    """Let it go."""
    with transaction() as session:
        use_cases.drop(session, actor(), delivery_id)
    flash(gettext("It is off the list."))
    return redirect(url_for("deliveries.index"), code=303)


@bp.post("/status/deliveries/retry")
def retry_all() -> ResponseReturnValue:
    """All of one channel that failed for one reason, in every organisation."""
    reason = request.form.get("reason", "")
    channel = request.form.get("channel", "")
    with transaction() as session:
        queries.check_watches(actor())
        if channel not in CHANNEL or (reason and reason not in REASON):
            raise NotFound
        count = use_cases.try_all_again(session, actor(), channel, Reason(reason) if reason else None)
    tried = ngettext("%(num)s is tried again.", "%(num)s are tried again.", count)
    flash(tried if count else gettext("Nothing was left to try."))
    return redirect(_STATUS, code=303)
