"""Sending as JSON: what the receiver would see, sending it, and going on to the next alternative."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask.views import MethodView
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import NotFound
from app.http.api.base import ApiBlueprint
from app.http.api.steps import ETAG_DOC, OnceHeaders, ReadHeaders, StepHeaders, check_version, made, once
from app.http.session import actor, transaction
from referrals.life.scope import load
from referrals.page.api import Answer, shown
from referrals.page.schemas import ReferralSchema
from referrals.sending import rules, schemas
from referrals.sending.alternatives import next_alternative
from referrals.sending.at_hand import at_hand
from referrals.sending.drafts import check_follows
from referrals.sending.rules import DraftBody
from referrals.sending.use_cases import Preview, Request, preview, send

api = ApiBlueprint("api_sending", __name__, url_prefix="/api/v1/referrals", description="Sending referrals.")


@api.route("")
class Sending(MethodView):
    @api.arguments(OnceHeaders, location="headers")
    @api.arguments(schemas.SendSchema)
    @api.response(201, ReferralSchema, headers=ETAG_DOC)
    def post(self, headers: dict[str, str], sent: dict[str, Any]) -> Answer:
        """Send a referral on a consent in force. The programme's team is told."""
        with transaction() as session:
            seen = sent.pop("seen", None)
            done = once(
                session, actor(), "referral.send", headers,
                lambda: send(session, actor(), _request(session, actor(), sent, lock=True), seen=seen).id,
                status=201,
            )  # fmt: skip
            return shown(session, load(session, actor(), made(done)), done)


@api.route("/preview")
class Previews(MethodView):
    @api.arguments(ReadHeaders, location="headers")
    @api.arguments(schemas.RequestSchema)
    @api.response(200, schemas.PreviewSchema)
    def post(self, _headers: dict[str, str], sent: dict[str, Any]) -> Preview:
        """Exactly what the receiver would see, before and after it accepts. Nothing is sent."""
        with transaction() as session:
            return preview(session, actor(), _request(session, actor(), sent))


@api.route("/<uuid:referral_id>/next")
class Next(MethodView):
    @api.arguments(StepHeaders, location="headers")
    @api.response(201, ReferralSchema, headers=ETAG_DOC)
    def post(self, headers: dict[str, str], referral_id: UUID) -> Answer:
        """After a no, send to the next alternative that the person agreed to in the same sitting."""
        with transaction() as session:
            done = once(
                session, actor(), "referral.next", headers,
                lambda: _next(session, actor(), headers, referral_id),
                status=201,
            )  # fmt: skip
            return shown(session, load(session, actor(), made(done)), done)


def _next(session: Session, who: Actor, headers: dict[str, str], referral_id: UUID) -> UUID:
    check_version(headers, load(session, who, referral_id).referral.version)
    return next_alternative(session, who, referral_id).id


def _request(session: Session, who: Actor, sent: dict[str, Any], *, lock: bool = False) -> Request:
    """What is asked, with the answers that the record gives, as on the pages. Raises NotFound, NotAllowed."""
    there = at_hand(session, who, sent["consent_id"], lock=lock)
    permission, record, programme = there.permission, there.client.record, there.programme
    if programme is None:
        raise NotFound
    if sent["previous_id"] is not None:
        check_follows(session, who, sent["previous_id"], permission.client_id)
    body = DraftBody(
        programmes=(programme.id,),
        urgency=sent["urgency"],
        needs=sent["needs"],
        note=sent["note"],
        said={programme.id: sent["answers"]},
    )
    asked = rules.questions([programme], record, body.said, clock.now())
    return Request(
        permission.id,
        rules.request_values(body, programme, asked),
        waiting_list=sent["waiting_list"],
        previous_id=sent["previous_id"],
        programme_id=sent.get("programme_id", programme.id),
    )
