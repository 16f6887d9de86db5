"""The page of one referral, and what can be done with it. The same tables say what is offered and what is refused."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core import clock
from app.http.forms import choices, named
from app.http.session import actor, reading, transaction
from orgs.programmes import queries as directory
from orgs.programmes.full import counted
from orgs.programmes.places import places_of
from orgs.programmes.shown import week
from referrals.life import packet_store, redisclosure
from referrals.life.event_words import COPIED
from referrals.life.policy import check_may
from referrals.life.scope import Scoped, load
from referrals.life.states import Action, can_step, check_step
from referrals.life.use_cases.take import Copied, copiable
from referrals.life.use_cases.visit import see
from referrals.life.words import ACTION, DONE
from referrals.notices.use_cases import read_about
from referrals.page import forms, view
from referrals.page.action_words import EXPLAINED, GRAVE
from referrals.page.acts import BY_HAND, Act, act
from referrals.slips.limits import GUESSES

bp = Blueprint("referral", __name__, url_prefix="/referrals", template_folder="templates")


@bp.get("/<uuid:id>")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002 - as it stands in the address
    """What I may see of it, what happened, what I may do now. The receiver's first look goes on the timeline."""
    with transaction() as session:
        found = see(session, actor(), id)
        read_about(session, actor(), id)
        message_form = _prepared(session, found, act(Action.MESSAGE, found))
        return render_template("page/show.html", **view.page(session, actor(), found, clock.now(), message_form))


@bp.route(f"/<uuid:id>/<any({','.join(BY_HAND)}):action>", methods=["GET", "POST"])
@GUESSES
def do(id: UUID, action: str) -> ResponseReturnValue:  # noqa: A002
    """One action: its form, and doing it. Whoever was slower is told, keeps what they typed, and sees how it stands."""
    doing = Action(action)
    with reading() as session:
        found = load(session, actor(), id)
        check_may(actor(), found.party, doing, is_own=found.is_own)
        chosen = act(doing, found)
        form = _prepared(session, found, chosen)
    with form.taking_errors():
        check_step(found.state, doing)
    if not form.errors and form.sent_well():
        with form.taking_errors(), transaction() as session:
            chosen.run(session, actor(), id, form)
        if not form.errors:
            flash(gettext("%(done)s.", done=gettext(DONE[doing])))
            return redirect(url_for("referral.show", id=id), code=303)
    return _form_page(id, doing, form), form.status


def _form_page(referral_id: UUID, doing: Action, form: forms.StepForm) -> str:
    with transaction() as session:
        found = load(session, actor(), referral_id)
        form.version.data = found.referral.version
        head = view.head_of(session, found)
        return render_template(
            "page/act.html",
            form=form,
            hours=week(head["programme"].hours),
            heading=ACTION[doing],
            send_word=ACTION[Action.SEND if doing is Action.MESSAGE else doing],
            explained=EXPLAINED[doing] or (view.message_note(found),),
            grave=doing in GRAVE,
            notice=redisclosure.CURRENT.words if isinstance(form, forms.TakeForm) else None,
            possible=can_step(found.state, doing),
            places=places_of(session, actor(), found.referral.programme_id) if "over" in form else None,
            counted=counted,
            **head,
        )


def _prepared(session: Session, found: Scoped, chosen: Act) -> forms.StepForm:
    form = chosen.form()
    view.ask_for(session, found, form)
    if isinstance(form, forms.DeclineForm | forms.ReleaseForm):
        others = [one for one in directory.published(session) if one.id != found.referral.programme_id]
        form.suggestion.choices = named((one.id, view.called(one)) for one in others)
    if isinstance(form, forms.TakeForm):
        held = copiable(packet_store.read(session, actor(), found).identity)
        form.copied.choices = choices({one: COPIED[one] for one in Copied if one in held})
        if request.method == "GET":
            form.copied.data = sorted(held - {Copied.DETAILS})
    return form
