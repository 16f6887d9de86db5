"""The manager's Staff page: who works here, what they may do, and the links by which others join."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.core.errors import Conflict
from app.http.repeats import shown_once
from app.http.session import actor, reading, settings, transaction
from orgs.staff import policy, queries, use_cases
from orgs.staff.forms import RolesForm, role_choices

bp = Blueprint("staff", __name__, template_folder="../templates", url_prefix="/staff")


@bp.get("")
def people() -> ResponseReturnValue:
    """Everybody of this organisation, and the invitations that still stand."""
    with transaction() as session:
        found = queries.everybody(session, actor())
        return render_template(
            "staff/people.html",
            people=found,
            names={one.id: one.name for one in found},
            invites=queries.open_invites(session, actor()),
            has_clients=actor().org_kind != "steward",
        )


@bp.route("/invite", methods=["GET", "POST"])
def invite() -> ResponseReturnValue:
    """Make a link for a new colleague; it is on this answer and nowhere else."""
    form = RolesForm()
    form.roles.choices = role_choices(actor().org_kind)
    with transaction() as session:
        policy.check_manages(actor())
        if form.sent_well():
            with form.taking_errors():
                token = use_cases.invite(session, actor(), frozenset(form.roles.data))
    if form.is_submitted() and not form.errors:
        shown_once(url_for("staff.people"))
        return render_template(
            "staff/invited.html", href=join_href(token), back=url_for("staff.people"), days=use_cases.INVITE_DAYS
        )
    return render_template("staff/invite.html", form=form), form.status


@bp.post("/invites/<uuid:invite_id>/cancel")
def cancel_invite(invite_id: UUID) -> ResponseReturnValue:
    """Take an invitation back."""
    with transaction() as session:
        use_cases.cancel_invite(session, actor(), invite_id)
    flash(gettext("The invitation is taken back. Its link no longer works."))
    return redirect(url_for("staff.people"), code=303)


@bp.route("/<uuid:staff_id>", methods=["GET", "POST"])
def person(staff_id: UUID) -> ResponseReturnValue:
    """What a colleague may do."""
    with reading() as session:
        policy.check_manages(actor())
        found = queries.colleague(session, actor(), staff_id)
    form = RolesForm(roles=list(found.roles), version=str(found.version))
    form.roles.choices = role_choices(actor().org_kind)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.change_staff(
                session, actor(), staff_id,
                roles=frozenset(form.roles.data), active=found.active, version=version_sent(),
            )  # fmt: skip
        if not form.errors:
            flash(gettext("Saved."))
            return redirect(url_for("staff.people"), code=303)
    return render_template(
        "staff/person.html", form=form, person=found, itself=staff_id == actor().staff_id
    ), form.status


@bp.post("/<uuid:staff_id>/link")
def new_password(staff_id: UUID) -> ResponseReturnValue:
    """Make a link by which a colleague chooses a new password; it is on this answer and nowhere else."""
    with transaction() as session:
        token = use_cases.new_password_link(session, actor(), staff_id)
    back = url_for("staff.people")
    shown_once(back)
    return render_template("staff/invited.html", href=join_href(token), back=back, days=1)


@bp.post("/<uuid:staff_id>/access")
def access(staff_id: UUID) -> ResponseReturnValue:
    """End a colleague's access at once, or give it back."""
    active = request.form.get("active") == "yes"
    with transaction() as session:
        found = queries.colleague(session, actor(), staff_id)
        use_cases.change_staff(
            session, actor(), staff_id, roles=frozenset(found.roles), active=active, version=version_sent()
        )
    flash(gettext("They can sign in again.") if active else gettext("Their access has ended."))
    return redirect(url_for("staff.people"), code=303)


def join_href(token: str) -> str:
    """The link of an invitation, as it is sent to somebody."""
    return settings().base_url + url_for("signing_in.invitation", token=token)


def version_sent() -> int:
    """The version of the row that the person looked at. Raises Conflict when there is none."""
    sent = request.form.get("version", "")
    if not (sent.isdecimal() and len(sent) < 10):  # noqa: PLR2004
        raise Conflict
    return int(sent)
