"""The steward's pages: which organisations are in the network, and who comes first into each."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.http.filters import in_language
from app.http.forms import named
from app.http.repeats import shown_once
from app.http.session import actor, reading, transaction
from orgs.areas import queries as areas
from orgs.staff import policy, queries, rules, use_cases
from orgs.staff.forms import NewOrganisationForm, OrganisationForm
from orgs.staff.pages.people import join_href, version_sent
from orgs.staff.rules import KINDS

bp = Blueprint("organisations", __name__, template_folder="../templates", url_prefix="/organisations")


@bp.get("")
def everyone() -> ResponseReturnValue:
    """Every organisation of the network."""
    with transaction() as session:
        policy.check_steward(actor())
        found = queries.all_organisations(session)
        places = areas.area_names(session, (one.area for one in found))
        return render_template("staff/organisations.html", organisations=found, places=places, kinds=KINDS)


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Add an organisation, and go on to invite its first person."""
    form = NewOrganisationForm()
    with reading() as session:
        policy.check_steward(actor())
        _offer_areas(session, form)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            org_id = use_cases.make_organisation(
                session, actor(), kind=form.kind.data, prefix=form.prefix.data.upper(), name_km=form.name_km.data,
                name_en=form.name_en.data, area=form.area.data,
            )  # fmt: skip
        if not form.errors:
            flash(gettext("The organisation is in the network. Now invite its first person."))
            return redirect(url_for("organisations.one", org_id=org_id), code=303)
    return render_template("staff/organisation_new.html", form=form), form.status


@bp.route("/<uuid:org_id>", methods=["GET", "POST"])
def one(org_id: UUID) -> ResponseReturnValue:
    """Names and place of one organisation."""
    with reading() as session:
        policy.check_steward(actor())
        found = queries.organisation(session, org_id)
        form = OrganisationForm(name_km=found.km, name_en=found.en, area=found.area, version=str(found.version))
        _offer_areas(session, form)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.edit_organisation(
                session, actor(), org_id, name_km=form.name_km.data, name_en=form.name_en.data, area=form.area.data,
                active=found.active, version=version_sent(),
            )  # fmt: skip
        if not form.errors:
            flash(gettext("Saved."))
            return redirect(url_for("organisations.one", org_id=org_id), code=303)
    return render_template("staff/organisation.html", form=form, org=found, kinds=KINDS), form.status


@bp.post("/<uuid:org_id>/invite")
def invite(org_id: UUID) -> ResponseReturnValue:
    """Make a link for the organisation's first person: a manager, or an official of a sangkat office."""
    with transaction() as session:
        policy.check_steward(actor())
        found = queries.organisation(session, org_id)
        token = use_cases.invite(session, actor(), rules.first_roles(found.kind), org_id=org_id)
    back = url_for("organisations.one", org_id=org_id)
    shown_once(back)
    return render_template("staff/invited.html", href=join_href(token), back=back, days=use_cases.INVITE_DAYS)


@bp.post("/<uuid:org_id>/end-officials")
def end_officials(org_id: UUID) -> ResponseReturnValue:
    """Take back the access of everybody in a sangkat office."""
    with transaction() as session:
        use_cases.end_officials(session, actor(), org_id)
    flash(gettext("Nobody of this office can sign in now. Invite those who should."))
    return redirect(url_for("organisations.one", org_id=org_id), code=303)


@bp.post("/<uuid:org_id>/active")
def activate(org_id: UUID) -> ResponseReturnValue:
    """Let an organisation leave the network, or come back."""
    active = request.form.get("active") == "yes"
    with transaction() as session:
        policy.check_steward(actor())
        found = queries.organisation(session, org_id)
        use_cases.edit_organisation(
            session, actor(), org_id, name_km=found.km, name_en=found.en, area=found.area, active=active,
            version=version_sent(),
        )  # fmt: skip
    flash(gettext("The organisation is back in the network.") if active else gettext("Nobody of it can sign in now."))
    return redirect(url_for("organisations.one", org_id=org_id), code=303)


def _offer_areas(session: Session, form: OrganisationForm) -> None:
    khans = {khan.code: in_language(khan.names) for khan in areas.khans(session)}
    form.area.choices = named(
        (one.code, f"{khans.get(one.parent or '', '')} – {in_language(one.names)}") for one in areas.sangkats(session)
    )
