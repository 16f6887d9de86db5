"""What the JSON API takes for each action on a referral."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema

from app.core.errors import N_
from app.http.api.shape import Moment, SetOf, Words
from orgs.programmes.rules import OverReason
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason, StopReason
from referrals.life.use_cases.answer import Meeting
from referrals.life.use_cases.take import Copied
from referrals.life.use_cases.talk import LONGEST, Answer, Question

_LONGEST_CODE = 60
_ONE = N_("Say one of question, answer and text.")


class NothingSchema(Schema):
    """Nothing to say: what is done says it all."""


class MeetingSchema(Schema):
    """An appointment, or the days on which the person can walk in."""

    at = Moment()
    window_from = Moment()
    window_to = Moment(metadata={"description": "When the last walk-in day ends."})
    keep = fields.Boolean(
        load_default=False,
        metadata={"description": "Keep this time although the programme is closed, or the permission over, by then."},
    )

    @post_load
    def meeting(self, sent: dict[str, Any], **_options: Any) -> dict[str, Any]:
        beside: dict[str, Any] = {name: sent.pop(name) for name in ("keep", "over_capacity") if name in sent}
        return {**beside, "meeting": Meeting(**sent)}


def _over() -> fields.Enum[OverReason]:
    about = "Why the person is taken although all places are. Without it a full programme answers 409."
    return fields.Enum(OverReason, by_value=True, load_default=None, allow_none=True, metadata={"description": about})


class AcceptSchema(MeetingSchema):
    """An appointment, or the days on which the person can walk in."""

    over_capacity = _over()


class ArrivalSchema(Schema):
    """The person is here, with the slip or without."""

    code = Words(longest=_LONGEST_CODE, load_default="", metadata={"description": "The slip's code, typed or scanned."})


class AcceptAndArriveSchema(ArrivalSchema):
    """The person is here, with the slip or without."""

    over_capacity = _over()


class DeclineSchema(Schema):
    reason = fields.Enum(DeclineReason, by_value=True, required=True)
    suggested_programme_id = fields.UUID(load_default=None, allow_none=True)


class ReleaseSchema(Schema):
    reason = fields.Enum(ReleaseReason, by_value=True, required=True)
    suggested_programme_id = fields.UUID(load_default=None, allow_none=True)


class StopSchema(Schema):
    reason = fields.Enum(StopReason, by_value=True, required=True)


class CancelSchema(Schema):
    reason = fields.Enum(CancelReason, by_value=True, required=True)


class CompleteSchema(Schema):
    outcome = fields.Enum(Outcome, by_value=True, required=True)


class TakeSchema(Schema):
    """Makes a record of your own from the packet, or joins the referral to one that you have."""

    copied = SetOf(fields.Enum(Copied, by_value=True), load_default=frozenset())
    code = Words(
        longest=_LONGEST_CODE,
        load_default="",
        metadata={"description": "The code of a record of your own. Nothing is copied into it."},
    )


class SaySchema(Schema):
    """Before acceptance a fixed question or answer; after it, text."""

    question = fields.Enum(Question, by_value=True)
    answer = fields.Enum(Answer, by_value=True)
    text = Words(longest=LONGEST)

    @validates_schema
    def one(self, sent: dict[str, Any], **_options: Any) -> None:
        if len(sent) != 1:
            raise ValidationError(_ONE)
