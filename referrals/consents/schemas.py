"""A client's permissions as the JSON API takes and gives them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from app.http.api.shape import Moment, SetOf, Shape
from referrals.consents import wording
from referrals.consents.rules import DEFAULT_DAYS, MAX_DAYS, MIN_DAYS, MOST, Guardian, How
from referrals.consents.use_cases import Sitting
from referrals.life.disclosure import Category

_MOST_ANSWERS, _LONGEST_VERSION = 100, 20


class ChosenSchema(Schema):
    """One programme for which permission is given."""

    programme_id = fields.UUID(required=True)
    answers = SetOf(
        fields.String(validate=validate.Regexp(r"\A[\x21-\x7e]{1,64}\Z")),
        load_default=frozenset(),
        validate=validate.Length(max=_MOST_ANSWERS),
        metadata={"description": "Keys of its criteria whose answers may be told before acceptance."},
    )


class SittingSchema(Schema):
    """What was said when the person was asked, by the words of /consents/wording."""

    client_id = fields.UUID(required=True)
    programmes = fields.List(
        fields.Nested(ChosenSchema),
        required=True,
        validate=validate.Length(min=1, max=MOST),
        metadata={"description": "The first choice, then up to two alternatives."},
    )
    categories = SetOf(fields.Enum(Category, by_value=True), required=True)
    how = fields.Enum(How, by_value=True, required=True)
    witness_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "The colleague who was there; yourself if null."}
    )
    language = fields.String(required=True, validate=validate.OneOf(wording.LANGUAGES))
    wording_version = fields.String(
        load_default=wording.CURRENT, validate=[validate.Length(max=_LONGEST_VERSION), validate.Regexp(r"\A[\d-]*\Z")]
    )
    able_to_decide = fields.Boolean(required=True)
    minor = fields.Boolean(load_default=False, metadata={"description": "May be under 18, whatever the record says."})
    assent = fields.Boolean(load_default=None, allow_none=True)
    guardian = fields.Enum(Guardian, by_value=True, load_default=None, allow_none=True)
    days = fields.Integer(strict=True, load_default=DEFAULT_DAYS, validate=validate.Range(MIN_DAYS, MAX_DAYS))
    given_at = Moment(load_default=None, allow_none=True, metadata={"description": "Now if null."})

    @post_load
    def sitting(self, sent: dict[str, Any], **_options: Any) -> dict[str, Any]:
        client_id, chosen = sent.pop("client_id"), sent.pop("programmes")
        answers = {one["programme_id"]: one["answers"] for one in chosen}
        return {
            "client_id": client_id,
            "programme_ids": [one["programme_id"] for one in chosen],
            "sitting": Sitting(answers=answers, **sent),
        }


class ConsentSchema(Schema):
    """One permission: of one person, for one programme."""

    id = fields.UUID(required=True)
    client_id = fields.UUID(required=True)
    sitting_id = fields.UUID(required=True)
    rank = fields.Integer(required=True, metadata={"description": "1 is the first choice of its sitting."})
    programme_id = fields.UUID(required=True)
    receiver_org_id = fields.UUID(required=True)
    categories = SetOf(fields.Enum(Category, by_value=True), required=True)
    answers = fields.List(fields.String(), required=True)
    given_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    how = fields.Enum(How, by_value=True, required=True)
    witness_id = fields.UUID(required=True)
    wording_version = fields.String(required=True)
    wording_language = fields.String(required=True)
    assent = fields.Boolean(required=True, allow_none=True)
    guardian = fields.Enum(Guardian, by_value=True, required=True, allow_none=True)
    withdrawn_at = fields.AwareDateTime(required=True, allow_none=True)
    in_force = fields.Boolean(required=True, metadata={"description": "Whether it holds now."})


class ConsentsSchema(Shape):
    items = fields.List(fields.Nested(ConsentSchema), required=True)


class OfClientQuery(Schema):
    client_id = fields.UUID(required=True)


class WordingQuery(Schema):
    """For which programme and for what the words are."""

    programme_id = fields.UUID(required=True)
    language = fields.String(required=True, validate=validate.OneOf(wording.LANGUAGES))
    category = fields.List(fields.Enum(Category, by_value=True), load_default=lambda: [Category.IDENTITY])
    minor = fields.Boolean(load_default=False)
    days = fields.Integer(load_default=DEFAULT_DAYS, validate=validate.Range(MIN_DAYS, MAX_DAYS))


class WordingSchema(Schema):
    """What is read out, word for word."""

    version = fields.String(required=True)
    language = fields.String(required=True)
    paragraphs = fields.List(fields.String(), required=True)
