"""From a form that was sent to the use case that does it: one line for each action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import N_, Invalid
from orgs.programmes.full import over_chosen
from referrals.life.models import Referral
from referrals.life.policy import Party
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason, StopReason
from referrals.life.scope import Scoped
from referrals.life.states import RELEASED_IDENTITY, Action
from referrals.life.use_cases import answer, finish, take, talk, visit
from referrals.life.use_cases.answer import Meeting
from referrals.page import forms
from referrals.slips import issue

Run = Callable[[Session, Actor, UUID, Any], object]
_CLOSED_THEN = N_("The programme is closed then. Choose another time, or tick that you keep it anyway.")
_UNREADABLE_THEN = N_(
    "The permission ends before that, and you can then no longer read who comes."
    " Choose an earlier time, or tick that you keep it anyway."
)


@dataclass(frozen=True)
class Act:
    """The form of an action, and what is done with it."""

    form: type[forms.StepForm]
    run: Run


def act(action: Action, found: Scoped) -> Act:
    """How `action` is done by this side now."""
    if action is Action.MESSAGE:
        return _message(found)
    return ACTS[action]


def _message(found: Scoped) -> Act:
    if found.state in RELEASED_IDENTITY:
        return Act(forms.WriteForm, _write)
    return Act(forms.QuestionForm, _ask) if found.party is Party.RECEIVER else Act(forms.AnswerForm, _reply)


def _accept(session: Session, actor: Actor, referral_id: UUID, form: forms.AcceptForm) -> None:
    meeting, over = form.meeting(), over_chosen(form.over.data)
    row = answer.accept(session, actor, referral_id, meeting, over=over, version=form.version_read)
    check_time(session, row, meeting, keep=form.keep.data)


def _book(session: Session, actor: Actor, referral_id: UUID, form: forms.MeetingForm) -> None:
    meeting = form.meeting()
    row = visit.book(session, actor, referral_id, meeting, version=form.version_read)
    check_time(session, row, meeting, keep=form.keep.data)


def check_time(session: Session, row: Referral, meeting: Meeting, *, keep: bool) -> None:
    """Warn once. Nothing is done until the person says that they mean it. Raises Invalid."""
    if keep:
        return
    if answer.outlasts_permission(row, meeting):
        raise Invalid(_UNREADABLE_THEN, field="keep")
    if answer.outside_hours(session, row, meeting):
        raise Invalid(_CLOSED_THEN, field="keep")


def _accept_and_arrive(session: Session, actor: Actor, referral_id: UUID, form: forms.AcceptAndArriveForm) -> None:
    over = over_chosen(form.over.data)
    answer.accept_and_arrive(session, actor, referral_id, over=over, version=form.version_read)
    use_slip(session, actor, referral_id, form.code.data)


def _note_arrival(session: Session, actor: Actor, referral_id: UUID, form: forms.ArrivalForm) -> None:
    visit.note_arrival(session, actor, referral_id, version=form.version_read)
    use_slip(session, actor, referral_id, form.code.data)


def use_slip(session: Session, actor: Actor, referral_id: UUID, code: str) -> None:
    """Mark the slip used, if the person had it with them. Raises Invalid."""
    if code:
        issue.use(session, actor, referral_id, code)


def _waitlist(session: Session, actor: Actor, referral_id: UUID, form: forms.StepForm) -> None:
    answer.waitlist(session, actor, referral_id, version=form.version_read)


def _decline(session: Session, actor: Actor, referral_id: UUID, form: forms.DeclineForm) -> None:
    answer.decline(
        session,
        actor,
        referral_id,
        DeclineReason(form.reason.data),
        suggested_programme_id=_id(form.suggestion.data),
        version=form.version_read,
    )


def _release(session: Session, actor: Actor, referral_id: UUID, form: forms.ReleaseForm) -> None:
    finish.release(
        session,
        actor,
        referral_id,
        ReleaseReason(form.reason.data),
        suggested_programme_id=_id(form.suggestion.data),
        version=form.version_read,
    )


def _no_show(session: Session, actor: Actor, referral_id: UUID, form: forms.StepForm) -> None:
    visit.no_show(session, actor, referral_id, version=form.version_read)


def _complete(session: Session, actor: Actor, referral_id: UUID, form: forms.CompleteForm) -> None:
    finish.complete(session, actor, referral_id, Outcome(form.outcome.data), version=form.version_read)


def _stop(session: Session, actor: Actor, referral_id: UUID, form: forms.StopForm) -> None:
    finish.stop(session, actor, referral_id, StopReason(form.reason.data), version=form.version_read)


def _cancel(session: Session, actor: Actor, referral_id: UUID, form: forms.CancelForm) -> None:
    finish.cancel(session, actor, referral_id, CancelReason(form.reason.data), version=form.version_read)


def _withdraw(session: Session, actor: Actor, referral_id: UUID, form: forms.StepForm) -> None:
    finish.withdraw(session, actor, referral_id, version=form.version_read)


def _take(session: Session, actor: Actor, referral_id: UUID, form: forms.TakeForm) -> None:
    own = take.own_record(session, actor, form.code.data) if form.where.data == "own" else None
    copied = frozenset(take.Copied(one) for one in form.copied.data or ())
    take.take(session, actor, referral_id, copied, client_id=own, version=form.version_read)


def _ask(session: Session, actor: Actor, referral_id: UUID, form: forms.QuestionForm) -> None:
    talk.ask(session, actor, referral_id, talk.Question(form.question.data))


def _reply(session: Session, actor: Actor, referral_id: UUID, form: forms.AnswerForm) -> None:
    talk.answer(session, actor, referral_id, talk.Answer(form.reply.data))


def _write(session: Session, actor: Actor, referral_id: UUID, form: forms.WriteForm) -> None:
    talk.write(session, actor, referral_id, form.body.data)


def _id(chosen: str | None) -> UUID | None:
    return UUID(chosen) if chosen else None


ACTS: Mapping[Action, Act] = {
    Action.ACCEPT: Act(forms.AcceptForm, _accept),
    Action.ACCEPT_AND_ARRIVE: Act(forms.AcceptAndArriveForm, _accept_and_arrive),
    Action.NOTE_ARRIVAL: Act(forms.ArrivalForm, _note_arrival),
    Action.COMPLETE: Act(forms.CompleteForm, _complete),
    Action.BOOK: Act(forms.MeetingForm, _book),
    Action.NO_SHOW: Act(forms.StepForm, _no_show),
    Action.TAKE: Act(forms.TakeForm, _take),
    Action.WAITLIST: Act(forms.StepForm, _waitlist),
    Action.DECLINE: Act(forms.DeclineForm, _decline),
    Action.STOP: Act(forms.StopForm, _stop),
    Action.RELEASE: Act(forms.ReleaseForm, _release),
    Action.CANCEL: Act(forms.CancelForm, _cancel),
    Action.WITHDRAW: Act(forms.StepForm, _withdraw),
}
"""All but MESSAGE, whose form depends on the side and the state."""

BY_HAND: tuple[Action, ...] = (*ACTS, Action.MESSAGE)
