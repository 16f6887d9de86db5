"""The second step: what the receiver needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import clock
from app.http.session import actor, reading, transaction
from orgs.areas.queries import area_names
from orgs.programmes import queries as directory
from orgs.programmes import shown
from orgs.programmes.rules import Openings
from referrals.life.disclosure import Category, Need, Urgency
from referrals.sending import drafts, rules
from referrals.sending.forms import NeedsForm, needs_form
from referrals.sending.pages.blueprint import bp, steps
from referrals.sending.rules import Asked, DraftBody


@bp.route("/send/<uuid:draft_id>/request", methods=["GET", "POST"])
def needs(draft_id: UUID) -> ResponseReturnValue:
    """Urgency, needs, the programmes' own questions, what to ask permission for, a note."""
    with reading() as session:
        draft = drafts.read(session, actor(), draft_id)
        views = [directory.programme(session, one) for one in draft.body.programmes]
        asked = rules.questions(views, draft.client.record, draft.body.said, clock.now())
        areas = area_names(session, shown.area_codes(views))
    tellable = rules.tellable(draft.client.record)
    form = needs_form(asked, areas, tellable, data=_filled(draft.body, asked))
    full = [view for view in views if view.openings is Openings.FULL]
    if not full:
        del form.waiting_list
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            drafts.save(session, actor(), draft_id, **_changes(form, asked))
        if not form.errors:
            return redirect(url_for("sending.consent", draft_id=draft_id), code=303)
    return render_template(
        "sending/needs.html", form=form, draft=draft, views=views, full=full, steps_of=steps()
    ), form.status  # fmt: skip


def _filled(body: DraftBody, asked: Sequence[Asked]) -> dict[str, Any]:
    said = {True: "yes", False: "no", None: None}
    return {
        "urgency": body.urgency.value,
        "needs": [need.value for need in body.needs],
        "waiting_list": body.waiting_list,
        "categories": [category.value for category in body.categories],
        "note": body.note,
        **{f"answer_{number}": said[one.answer] for number, one in enumerate(asked)},
    }


def _changes(form: NeedsForm, asked: Sequence[Asked]) -> dict[str, Any]:
    return {
        "urgency": Urgency(form.urgency.data or Urgency.ROUTINE),
        "needs": frozenset(map(Need, form.needs.data)),
        "waiting_list": "waiting_list" in form and form.waiting_list.data,
        "categories": frozenset(map(Category, form.categories.data)),
        "note": form.note.data,
        "said": _said(form.answers(), asked),
        "asked": True,
    }


def _said(answers: Mapping[int, bool], asked: Sequence[Asked]) -> dict[UUID, dict[str, bool]]:
    """The answers, for each programme that asks."""
    said: dict[UUID, dict[str, bool]] = {}
    for number, answer in answers.items():
        for programme_id, key in asked[number].places:
            said.setdefault(programme_id, {})[key] = answer
    return said
