"""The directory for everybody who is signed in, and a manager's own programmes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import CASE_ROLES
from app.http.filters import in_language
from app.http.forms import named
from app.http.session import actor, reading, transaction
from orgs.areas.queries import area_names, khans, sangkats
from orgs.programmes import editing, queries, shown, use_cases
from orgs.programmes.forms import DirectoryForm, ProgrammeForm
from orgs.programmes.full import counted
from orgs.programmes.places import over_by_month, places, places_of
from orgs.programmes.policy import can_manage, check_may_manage
from orgs.programmes.queries import Filters
from orgs.programmes.records import ProgrammeView
from orgs.programmes.words import NOTED_REASON
from orgs.staff.queries import colleagues

bp = Blueprint("programmes", __name__, template_folder="templates")
PAGE = 40


@bp.get("/programmes")
def directory() -> ResponseReturnValue:
    """Every published programme, narrowed by what was asked for."""
    with transaction() as session:
        search = DirectoryForm(request.args)
        search.khan.choices = named((khan.code, in_language(khan.names)) for khan in khans(session))
        asked = {name: value for name, value in search.data.items() if value} if search.validate() else {}
        found = queries.published(session, Filters(**asked, called=shown.services()))
        start = PAGE * max(request.args.get("page", 0, int), 0)
        shown_now = found[start : start + PAGE]
        return render_template(
            "programmes/directory.html", search=search, asked=asked, found=shown_now, manages=can_manage(actor()),
            pager=_pager(asked, start, len(found)), **_said(session, shown_now),
        )  # fmt: skip


@bp.get("/programmes/<uuid:programme_id>")
def show(programme_id: UUID) -> ResponseReturnValue:
    """One programme, with all that somebody needs to know before sending a person there."""
    with transaction() as session:
        view = queries.programme(session, programme_id)
        edits = view.org_id == actor().org_id and can_manage(actor())
        kept = _places(session, programme_id) if edits else {}
        return render_template("programmes/show.html", view=view, edits=edits, **kept, **_said(session, [view]))


@bp.get("/programmes/ours")
def ours() -> ResponseReturnValue:
    """The manager's list: also what is not published, with counts."""
    with transaction() as session:
        check_may_manage(actor())
        found = queries.own(session, actor())
        return render_template(
            "programmes/ours.html", found=found, places=places(session, actor()), counted=counted,
            **_said(session, found),
        )  # fmt: skip


@bp.route("/programmes/new", methods=["GET", "POST"])
def make() -> ResponseReturnValue:
    """Describe a new programme."""
    with reading() as session:
        check_may_manage(actor())
        form = _form(session, editing.beginning())
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.make_programme(session, actor(), editing.values(form))
        if not form.errors:
            flash(gettext("The programme has been added."))
            return redirect(url_for("programmes.ours"), code=303)
    return render_template("programmes/edit.html", form=form, title=gettext("Add a programme")), form.status


@bp.route("/programmes/<uuid:programme_id>/edit", methods=["GET", "POST"])
def edit(programme_id: UUID) -> ResponseReturnValue:
    """Describe it anew. Whoever saves second is told, and keeps what they typed."""
    with reading() as session:
        form = _form(session, editing.filled(queries.to_manage(session, actor(), programme_id)))
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.change_programme(
                session, actor(), programme_id, editing.values(form), version=form.version_read
            )  # fmt: skip
        if not form.errors:
            flash(gettext("Saved."))
            return redirect(url_for("programmes.show", programme_id=programme_id), code=303)
    return render_template("programmes/edit.html", form=form, title=gettext("Change the programme")), form.status


def _form(session: Session, data: dict[str, Any]) -> ProgrammeForm:
    team = [(one.id, one.name) for one in colleagues(session, actor(), CASE_ROLES)]
    return ProgrammeForm(khans(session), sangkats(session), team, data=data)


def _said(session: Session, found: list[ProgrammeView]) -> dict[str, Any]:
    """What templates say with: the present moment, sentences, and the names of areas."""
    codes = {code for view in found for code in (view.area, view.khan)}
    codes |= {code for view in found for criterion in view.criteria for code in criterion.choices if code.isdigit()}
    return {"now": clock.now(), "shown": shown, "areas": area_names(session, codes)}


def _places(session: Session, programme_id: UUID) -> dict[str, Any]:
    """For its manager: how full it is, and what was given over capacity, by month."""
    over = over_by_month(session, actor(), programme_id)
    rows = [
        [f"{month:%m/%Y}", sum(reasons.values()), ", ".join(
            f"{gettext(NOTED_REASON[reason])} ({count})" for reason, count in reasons.items())]
        for month, reasons in over.items()
    ]  # fmt: skip
    return {"room": counted(places_of(session, actor(), programme_id)), "over": rows}


def _pager(asked: dict[str, Any], start: int, count: int) -> tuple[str, str]:
    page = start // PAGE
    before = url_for("programmes.directory", **asked, page=page - 1) if page else ""
    after = url_for("programmes.directory", **asked, page=page + 1) if start + PAGE < count else ""
    return before, after
