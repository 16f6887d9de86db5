"""The page that says what erasing does and does not do, and asks once more."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import N_
from app.http.session import actor, reading, transaction
from orgs.clients import policy
from orgs.clients.panels import client_page_endings
from orgs.clients.queries import client_values
from orgs.clients.views import ClientView
from referrals.erasing import queries, use_cases
from referrals.erasing.forms import EraseForm

bp = Blueprint("erasing", __name__, template_folder="templates")


@bp.route("/clients/<uuid:client_id>/erase", methods=["GET", "POST"])
def erase(client_id: UUID) -> ResponseReturnValue:
    """Erase one client's record."""
    with reading() as session:
        client = client_values(session, actor(), client_id)
        policy.check_erases(actor(), client.worker_id)
        sent = len(queries.readable(session, actor(), client_id))
    form = EraseForm(data={"version": client.version})
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.erase(session, actor(), client_id, form.reason(), version=form.version_read)
        if not form.errors:
            flash(gettext("The record is erased."))
            return redirect(url_for("clients.index"), code=303)
    return render_template("erasing/erase.html", form=form, client=client, sent=sent), form.status


def _ending(_session: Session, actor: Actor, client: ClientView) -> tuple[str, str] | None:
    if not policy.erases(actor, client.worker_id):
        return None
    return N_("Erase this record for good"), url_for("erasing.erase", client_id=client.id)


client_page_endings.append(_ending)
