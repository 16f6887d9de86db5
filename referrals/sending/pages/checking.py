"""The fourth step: exactly what the receiver will see, and sending it. After a no, the next alternative."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.http.session import actor, transaction
from orgs.areas.queries import AreaName, area_names
from orgs.programmes import queries as directory
from orgs.programmes import shown
from referrals.life import redisclosure
from referrals.life.policy import Party
from referrals.life.scope import load
from referrals.life.shown import Lines, identity_lines, triage_lines
from referrals.sending import alternatives, drafts
from referrals.sending.alternatives import Review
from referrals.sending.forms import SendForm
from referrals.sending.pages.blueprint import bp, steps
from referrals.sending.use_cases import Preview


@bp.route("/send/<uuid:draft_id>/review", methods=["GET", "POST"])
def review(draft_id: UUID) -> ResponseReturnValue:
    """Look at it as the receiver will, then send exactly that."""
    form = SendForm()
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            sent = alternatives.send_draft(session, actor(), draft_id, seen=form.seen.data or "")
        if not form.errors:
            flash(gettext("The referral %(ref)s is on its way.", ref=sent.ref))
            return redirect(url_for("sending.done", referral_id=sent.id), code=303)
    page = ""
    with form.taking_errors(), transaction() as session:
        found = alternatives.review(session, actor(), draft_id)
        form.seen.data = found.first.fingerprint
        page = _page(session, form, draft_id, found)
    return page or _stuck(form, draft_id), form.status


@bp.get("/send/done/<uuid:referral_id>")
def done(referral_id: UUID) -> ResponseReturnValue:
    """It is sent: the reference, by when an answer is promised, and the slip."""
    with transaction() as session:
        found = load(session, actor(), referral_id)
        view = directory.programme(session, found.referral.programme_id)
        if found.party is not Party.SENDER:
            raise NotFound
        return render_template(
            "sending/done.html", referral=found.referral, client_id=found.client_id, view=view,
            page=url_for("referral.show", id=referral_id), slip=url_for("slips.paper", id=referral_id),
        )  # fmt: skip


@bp.post("/referrals/<uuid:referral_id>/next")
def next_one(referral_id: UUID) -> ResponseReturnValue:
    """One step, after a decline, a release or no answer: to the next alternative that the person agreed to."""
    with transaction() as session:
        sent = alternatives.next_alternative(session, actor(), referral_id)
    flash(gettext("The referral %(ref)s is on its way.", ref=sent.ref))
    return redirect(url_for("sending.done", referral_id=sent.id), code=303)


def _stuck(form: SendForm, draft_id: UUID) -> str:
    """Something stands in the way: say what, and where to mend it."""
    with transaction() as session:
        draft = drafts.read(session, actor(), draft_id)
        return render_template("sending/stuck.html", form=form, draft=draft, steps_of=steps())


def _page(session: Session, form: SendForm, draft_id: UUID, found: Review) -> str:
    draft = drafts.read(session, actor(), draft_id)
    views = [found.first.programme, *(view for view, _preview in found.others)]
    khans = {found.first.triage.khan}
    areas = area_names(session, shown.area_codes(views) | khans)
    return render_template(
        "sending/review.html",
        form=form,
        draft=draft,
        first=found.first.programme,
        before=triage_lines(found.first.triage, found.first.programme, areas),
        notice=redisclosure.CURRENT.words,
        after=identity_lines(found.first.identity),
        others=[(view, _difference(found.first, other, areas) if other else None) for view, other in found.others],
        steps_of=steps(),
    )


def _difference(first: Preview, other: Preview, areas: Mapping[str, AreaName]) -> tuple[Lines, list[str]]:
    """What an alternative would see more or otherwise than the first choice, and which lines it would not see."""
    told = triage_lines(first.triage, first.programme, areas) + identity_lines(first.identity)
    would = triage_lines(other.triage, other.programme, areas) + identity_lines(other.identity)
    labels = {label for label, _value in would}
    return [line for line in would if line not in told], [label for label, _value in told if label not in labels]
