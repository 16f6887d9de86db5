"""One referral as JSON, and everything that is done with it, by the same use cases as the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask.views import MethodView
from marshmallow import Schema
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.idempotency import Done
from app.http.api.base import ApiBlueprint
from app.http.api.steps import ETAG_DOC, StepHeaders, answered_again, check_version, once, version_tag
from app.http.session import actor, transaction
from referrals.life.scope import Scoped, load, load_to
from referrals.life.states import Action
from referrals.life.use_cases import answer, finish, take, talk, visit
from referrals.page import step_schemas as sent
from referrals.page.acts import check_time, use_slip
from referrals.page.resource import resource
from referrals.page.schemas import ReferralSchema
from referrals.slips.limits import GUESSES

api = ApiBlueprint(
    "api_referrals", __name__, url_prefix="/api/v1/referrals", description="Referrals that you sent or received.",
    sent_as={"suggestion": "suggested_programme_id", "body": "text"},
)  # fmt: skip
Answer = tuple[dict[str, Any], int, dict[str, str]]
Body = dict[str, Any]


@api.route("/<uuid:referral_id>")
class OneReferral(MethodView):
    @api.response(200, ReferralSchema, headers=ETAG_DOC)
    def get(self, referral_id: UUID) -> Answer:
        """One referral, with the packet as far as you may read it now. The receiver's first look is told."""
        with transaction() as session:
            return shown(session, visit.see(session, actor(), referral_id))


def shown(session: Session, found: Scoped, done: Done | None = None) -> Answer:
    """The referral as this side may see it now, whatever it could see when it was first asked."""
    tag, body = version_tag(found.referral.version), resource(session, actor(), found)
    return (body, 200, tag) if done is None else (body, done.status, {**tag, **answered_again(done)})


def _accept(session: Session, who: Actor, referral_id: UUID, body: Body) -> None:
    row = answer.accept(session, who, referral_id, body["meeting"], over=body["over_capacity"])
    check_time(session, row, body["meeting"], keep=body["keep"])


def _book(session: Session, who: Actor, referral_id: UUID, body: Body) -> None:
    row = visit.book(session, who, referral_id, body["meeting"])
    check_time(session, row, body["meeting"], keep=body["keep"])


def _accept_and_arrive(session: Session, who: Actor, referral_id: UUID, body: Body) -> None:
    answer.accept_and_arrive(session, who, referral_id, over=body["over_capacity"])
    use_slip(session, who, referral_id, body["code"])


def _note_arrival(session: Session, who: Actor, referral_id: UUID, body: Body) -> None:
    visit.note_arrival(session, who, referral_id)
    use_slip(session, who, referral_id, body["code"])


def _take(session: Session, who: Actor, referral_id: UUID, body: Body) -> None:
    own = take.own_record(session, who, body["code"]) if body["code"] else None
    take.take(session, who, referral_id, body["copied"], client_id=own)


def _say(session: Session, who: Actor, referral_id: UUID, body: Body) -> None:
    if "question" in body:
        talk.ask(session, who, referral_id, body["question"])
    elif "answer" in body:
        talk.answer(session, who, referral_id, body["answer"])
    else:
        talk.write(session, who, referral_id, body["text"])


@dataclass(frozen=True)
class Deed:
    """How an action is asked for, what does it, and its line in the document."""

    schema: type[Schema]
    run: Callable[[Session, Actor, UUID, Body], object]
    about: str


def _by(use_case: Callable[..., object]) -> Callable[[Session, Actor, UUID, Body], object]:
    """A use case that takes what was sent as it stands."""
    return lambda session, who, referral_id, body: use_case(session, who, referral_id, **body)


DEEDS: dict[Action, Deed] = {
    Action.ACCEPT: Deed(
        sent.AcceptSchema, _accept, "Accept, with an appointment or walk-in days. The identity part opens."
    ),
    Action.ACCEPT_AND_ARRIVE: Deed(
        sent.AcceptAndArriveSchema, _accept_and_arrive, "Accept and note the arrival: the person is here."
    ),
    Action.WAITLIST: Deed(sent.NothingSchema, _by(answer.waitlist), "Put on the waiting list."),
    Action.DECLINE: Deed(sent.DeclineSchema, _by(answer.decline), "Decline, with a reason. The packet closes."),
    Action.BOOK: Deed(sent.MeetingSchema, _book, "Set another appointment or other walk-in days."),
    Action.NO_SHOW: Deed(sent.NothingSchema, _by(visit.no_show), "Note that the person did not come. It ends nothing."),
    Action.NOTE_ARRIVAL: Deed(sent.ArrivalSchema, _note_arrival, "Note that the person has come."),
    Action.RELEASE: Deed(sent.ReleaseSchema, _by(finish.release), "Give back what was accepted. The packet closes."),
    Action.TAKE: Deed(sent.TakeSchema, _take, "Take the person into your own records."),
    Action.COMPLETE: Deed(sent.CompleteSchema, _by(finish.complete), "Close with an outcome."),
    Action.STOP: Deed(sent.StopSchema, _by(finish.stop), "Close before the end."),
    Action.CANCEL: Deed(sent.CancelSchema, _by(finish.cancel), "Take back what was sent, before the person arrived."),
    Action.WITHDRAW: Deed(
        sent.NothingSchema,
        _by(finish.withdraw),
        "The person withdraws the permission. The receiver's keys are destroyed.",
    ),
    Action.MESSAGE: Deed(sent.SaySchema, _say, "Ask, answer or write to the other side."),
}
"""Every action by hand. Who may take it, and when, stands in policy and states, as for the pages."""


def _add(action: Action, deed: Deed) -> None:
    def view(headers: dict[str, str], body: Body, referral_id: UUID) -> Answer:
        with transaction() as session:
            done = once(
                session, actor(), f"referral.{action}", headers, lambda: do(session, headers, body, referral_id),
                about=referral_id,
            )  # fmt: skip
            return shown(session, load(session, actor(), referral_id), done)

    def do(session: Session, headers: dict[str, str], body: Body, referral_id: UUID) -> UUID:
        found = load_to(session, actor(), referral_id, action)
        check_version(headers, found.referral.version)
        deed.run(session, actor(), referral_id, body)
        return referral_id

    view.__doc__ = deed.about
    answered = api.response(200, ReferralSchema, headers=ETAG_DOC)(view)
    taken = api.arguments(deed.schema, required=deed.schema is not sent.NothingSchema)(answered)
    whole = api.arguments(StepHeaders, location="headers")(taken)
    limited = GUESSES(whole) if issubclass(deed.schema, sent.ArrivalSchema) else whole
    api.add_url_rule(f"/<uuid:referral_id>/{action}", action.value, limited, methods=["POST"])


for _action, _deed in DEEDS.items():
    _add(_action, _deed)
