"""One client: making, reading, changing, handing over and putting away the record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core.context import CASE_ROLES
from app.core.paging import Cursor
from app.http.session import actor, reading, transaction
from orgs.areas.queries import area_names, khans, sangkats
from orgs.clients import policy, queries, shown, use_cases
from orgs.clients.forms import ClientForm, VersionForm, WorkerForm, filled
from orgs.clients.pages.blueprint import bp
from orgs.clients.pages.walking_in import CONFLICT, own_places
from orgs.clients.panels import actions_for, endings_for, panels_for
from orgs.clients.timeline import timeline
from orgs.programmes.full import over_chosen
from orgs.staff.queries import colleagues, staff_names


@bp.route("/new", methods=["GET", "POST"])
def make() -> ResponseReturnValue:
    """Somebody new: an alias and how they heard of us are enough; walking in to a programme is one answer more."""
    with reading() as session:
        policy.check_works(actor())
        places = own_places(session)
        form = _form(session, programmes=places.choices, data=None)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            client_id = _make(session, form)
        if not form.errors:
            return redirect(url_for("clients.show", client_id=client_id), code=303)
    return render_template("clients/new.html", form=form, full=places.any_full or form.status == CONFLICT), form.status


@bp.get("/<uuid:client_id>")
def show(client_id: UUID) -> ResponseReturnValue:
    """What is known of the person, and what happened."""
    with transaction() as session:
        who = actor()
        client = queries.client_values(session, who, client_id)
        past = timeline(session, who, client_id, Cursor.parse(request.args.get("after")))
        areas = area_names(session, {client.record.area, client.record.khan})
        worker = staff_names(session, who.org_id, [client.worker_id]).get(client.worker_id, "")
        return render_template(
            "clients/show.html",
            client=client,
            contact=shown.contact_lines(client, areas),
            about=shown.about_lines(client, worker),
            told=shown.told_lines(client.record.facts),
            past=past,
            actions=actions_for(session, who, client) if client.archived_at is None else [],
            endings=endings_for(session, who, client),
            panels=panels_for(session, who, client),
            further=url_for("clients.show", client_id=client_id, after=past.next) if past.next else "",
        )


@bp.route("/<uuid:client_id>/edit", methods=["GET", "POST"])
def edit(client_id: UUID) -> ResponseReturnValue:
    """Change the record. Whoever saves second is told, and keeps what they typed."""
    with reading() as session:
        client = queries.client_values(session, actor(), client_id)
        clinical = policy.sees_clinical_details(actor(), client.worker_id)
        form = _form(session, clinical=clinical, data=filled(client.record, client.version))
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.edit_client(session, actor(), client_id, form.record(), version=form.version_read)
        if not form.errors:
            flash(gettext("Saved."))
            return redirect(url_for("clients.show", client_id=client_id), code=303)
    return render_template("clients/edit.html", form=form, client=client), form.status


@bp.route("/<uuid:client_id>/worker", methods=["GET", "POST"])
def reassign(client_id: UUID) -> ResponseReturnValue:
    """Hand the client over to a colleague."""
    with reading() as session:
        client = queries.client_values(session, actor(), client_id)
        others = [(one.id, one.name) for one in colleagues(session, actor(), CASE_ROLES) if one.id != client.worker_id]
    form = WorkerForm(others, data={"version": client.version})
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            worker_id = UUID(form.worker.data)
            use_cases.reassign(session, actor(), client_id, worker_id, version=form.version_read)
        if not form.errors:
            flash(gettext("Handed over."))
            return redirect(url_for("clients.index"), code=303)
    return render_template("clients/worker.html", form=form, client=client, alone=not others), form.status


@bp.post("/<uuid:client_id>/archive")
def archive(client_id: UUID) -> ResponseReturnValue:
    """Put the record away. It can be found and brought back."""
    form = VersionForm()
    with transaction() as session:
        use_cases.archive(session, actor(), client_id, version=form.version_read)
    flash(gettext("Archived. A search still finds it, and you can bring it back."))
    return redirect(url_for("clients.index"), code=303)


@bp.post("/<uuid:client_id>/unarchive")
def unarchive(client_id: UUID) -> ResponseReturnValue:
    """Bring the record back."""
    form = VersionForm()
    with transaction() as session:
        use_cases.unarchive(session, actor(), client_id, version=form.version_read)
    flash(gettext("Brought back."))
    return redirect(url_for("clients.show", client_id=client_id), code=303)


def _make(session: Session, form: ClientForm) -> UUID:
    chosen = form.programme.data if "programme" in form else None
    if chosen:
        over = over_chosen(form.over.data)
        return use_cases.walk_in(session, actor(), form.record(), UUID(chosen), over=over)
    return use_cases.create_client(session, actor(), form.record())


def _form(session: Session, **options: Any) -> ClientForm:
    return ClientForm(khans(session), sangkats(session), **options)
