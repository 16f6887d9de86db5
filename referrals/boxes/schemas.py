"""A list of referrals as the JSON API asks for it and gives it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from app.core.paging import SIZE
from app.http.api.shape import Shape
from referrals.boxes.records import Wanted
from referrals.life.disclosure import Urgency
from referrals.life.policy import Party
from referrals.life.states import State
from referrals.page.schemas import ReferralLineSchema

_LARGEST, _LONGEST_CURSOR = 100, 64


class ReferralsQuery(Schema):
    """Which referrals. What is not given does not narrow the list."""

    side = fields.String(
        load_default=Party.SENDER.value,
        validate=validate.OneOf([Party.SENDER.value, Party.RECEIVER.value]),
        metadata={"description": "What your organisation sent (`sender`) or received (`receiver`)."},
    )
    state = fields.Enum(State, by_value=True)
    urgency = fields.Enum(Urgency, by_value=True)
    programme = fields.UUID()
    after = fields.String(
        validate=validate.Length(max=_LONGEST_CURSOR),
        metadata={"description": "The place after which the list goes on: `next` of the page before."},
    )
    size = fields.Integer(load_default=SIZE, validate=validate.Range(1, _LARGEST))

    @post_load
    def wanted(self, sent: dict[str, Any], **_options: Any) -> dict[str, Any]:
        narrowing = {name: sent.pop(name) for name in ("state", "urgency", "programme") if name in sent}
        return {**sent, "side": Party(sent["side"]), "wanted": Wanted(**narrowing)}


class ReferralsSchema(Shape):
    items = fields.List(fields.Nested(ReferralLineSchema), attribute="rows", required=True)
    next = fields.String(required=True, metadata={"description": "Empty after the last page."})
