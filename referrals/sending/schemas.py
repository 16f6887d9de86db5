"""What the JSON API takes to send a referral, and the preview of what the receiver will see."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.http.api.shape import SetOf, Words
from referrals.life.disclosure import Need, Urgency
from referrals.page.schemas import PacketSchema
from referrals.sending.rules import MAX_NOTE

_LONGEST_KEY, _MOST_ANSWERS = 64, 100


class RequestSchema(Schema):
    """A referral to the programme of a consent."""

    consent_id = fields.UUID(required=True)
    programme_id = fields.UUID(
        metadata={"description": "For which programme you take the consent to be. 409 when it is for another."}
    )
    urgency = fields.Enum(Urgency, by_value=True, load_default=Urgency.ROUTINE)
    needs = SetOf(
        fields.Enum(Need, by_value=True),
        load_default=frozenset(),
        metadata={"description": "What the person needs to be able to come."},
    )
    answers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=_LONGEST_KEY)),
        values=fields.Boolean(),
        load_default=dict,
        validate=validate.Length(max=_MOST_ANSWERS),
        metadata={"description": "Yes or no by the key of the programme's criterion, where your record does not tell."},
    )
    note = Words(longest=MAX_NOTE, load_default="", metadata={"description": "Read by the receiver once it accepts."})
    waiting_list = fields.Boolean(
        load_default=False, metadata={"description": "The programme is full, and the person is content to wait."}
    )
    previous_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "The referral before, of which this is the next step."},
    )


class SendSchema(RequestSchema):
    seen = fields.String(
        validate=validate.Length(max=_LONGEST_KEY),
        metadata={"description": "`fingerprint` of the preview: 409 when something else would be sent now."},
    )


class PreviewSchema(PacketSchema):
    """Exactly what the receiver would see: `triage` before it accepts, `identity` after."""

    fingerprint = fields.String(required=True)
