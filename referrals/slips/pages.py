"""The slip as paper, and what to do when somebody shows it. Its code never stands in an address."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.http.session import actor, transaction
from orgs.programmes import queries as directory
from referrals.life.panels import referral_page_panels
from referrals.life.scope import Scoped
from referrals.life.shown import meeting
from referrals.life.use_cases.visit import see
from referrals.life.words import ACTION, STATE
from referrals.slips import issue, use_cases
from referrals.slips.forms import ArriveForm

bp = Blueprint("slips", __name__, template_folder="templates")
NEUTRAL_NAME = "appointment.pdf"


@bp.get("/referrals/<uuid:id>/slip.pdf")
def paper(id: UUID) -> ResponseReturnValue:  # noqa: A002 - as it stands in the address
    """The slip, ready to print. The file's name says nothing."""
    with transaction() as session:
        made = use_cases.slip(session, actor(), id)
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{NEUTRAL_NAME}"'
    return answer


@bp.post("/referrals/<uuid:id>/slip")
def arrive(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """The person stands there with the slip."""
    form = ArriveForm()
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.arrive(session, actor(), id, form.code.data, version=form.version_read)
        if not form.errors:
            flash(gettext("The arrival has been noted."))
            return redirect(url_for("referral.show", id=id), code=303)
    return shown(id, form), form.status


def _panel(session: Session, actor: Actor, found: Scoped) -> Markup:
    """On the sender's page of the referral, as long as the slip is of use."""
    if not use_cases.can_print(found):
        return Markup()
    code = issue.printed(session, actor, found.referral.id).code
    return Markup(render_template("slips/panel.html", id=found.referral.id, code=code))  # noqa: S704 - our own template


referral_page_panels.append(_panel)


def shown(referral_id: UUID, form: ArriveForm) -> str:
    """What a slip belongs to, before anything is done with it: nothing that names the person."""
    with transaction() as session:
        found = see(session, actor(), referral_id)
        row = found.referral
        form.version.data = row.version
        return render_template(
            "slips/shown.html",
            form=form,
            row=row,
            state=STATE[found.state],
            coming=meeting(row.appointment_at, row.window_from, row.window_to),
            programme=directory.programme(session, row.programme_id),
            action=use_cases.offered(actor(), found),
            words=ACTION,
        )
