"""What happens with a client: notes, contacts, coming to a programme and ending there."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.core import clock
from app.core.clock import PHNOM_PENH
from app.core.errors import NotFound
from app.http.session import actor, reading, transaction
from orgs.clients import policy, queries, use_cases
from orgs.clients.forms import EndForm, EpisodeForm, NoteForm
from orgs.clients.pages.blueprint import bp
from orgs.clients.pages.walking_in import CONFLICT, own_places
from orgs.clients.timeline import timeline
from orgs.facts import HeardFrom, NoteKind
from orgs.programmes.full import over_chosen


@bp.route("/<uuid:client_id>/notes/new", methods=["GET", "POST"])
def note(client_id: UUID) -> ResponseReturnValue:
    """Write down a note or a contact."""
    with reading() as session:
        client = queries.client_values(session, actor(), client_id)
    form = NoteForm(clinical=policy.sees_clinical_notes(actor()))
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.add_note(
                session,
                actor(),
                client_id,
                form.body.data,
                kind=NoteKind(form.kind.data),
                clinical="clinical" in form and form.clinical.data,
                at=_moment(form.on.data),
            )
        if not form.errors:
            return redirect(url_for("clients.show", client_id=client_id), code=303)
    return render_template("clients/note.html", form=form, client=client), form.status


@bp.route("/<uuid:client_id>/stays/new", methods=["GET", "POST"])
def begin(client_id: UUID) -> ResponseReturnValue:
    """Somebody known walks in."""
    with reading() as session:
        client = queries.client_values(session, actor(), client_id)
        places = own_places(session)
    form = EpisodeForm(places.choices, data={"heard_from": client.record.heard_from.value})
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            heard_from = HeardFrom(form.heard_from.data)
            use_cases.open_episode(
                session,
                actor(),
                client_id,
                UUID(form.programme.data),
                heard_from=heard_from,
                over=over_chosen(form.over.data),
            )
        if not form.errors:
            flash(gettext("Noted."))
            return redirect(url_for("clients.show", client_id=client_id), code=303)
    full = places.any_full or form.status == CONFLICT
    return render_template(
        "clients/begin.html", form=form, client=client, none=not places.choices, full=full
    ), form.status


@bp.route("/<uuid:client_id>/stays/<uuid:episode_id>/end", methods=["GET", "POST"])
def end(client_id: UUID, episode_id: UUID) -> ResponseReturnValue:
    """Somebody's time in a programme ends. Coming back is a new stay."""
    with reading() as session:
        client = queries.client_values(session, actor(), client_id)
        stay = next((one for one in timeline(session, actor(), client_id).stays if one.id == episode_id), None)
        if stay is None:
            raise NotFound
    form = EndForm(data={"version": stay.version})
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.end_episode(session, actor(), client_id, episode_id, form.end(), version=form.version_read)
        if not form.errors:
            flash(gettext("Noted."))
            return redirect(url_for("clients.show", client_id=client_id), code=303)
    return render_template("clients/end.html", form=form, client=client, stay=stay), form.status


def _moment(day: date | None) -> datetime | None:
    """Noon of a day that is not today; today is now."""
    if day is None or day == clock.now().astimezone(PHNOM_PENH).date():
        return None
    return datetime.combine(day, time(12), PHNOM_PENH)
