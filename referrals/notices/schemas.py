"""A notice as the JSON API shows it."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Range

from app.core.paging import SIZE
from app.http.api.shape import Shape

_LARGEST = 100


class NoticeSchema(Schema):
    """One piece of news, by references only."""

    id = fields.UUID(required=True)
    referral_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Null when it is of a programme."}
    )
    programme_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "For a manager: of which programme it is."}
    )
    ref = fields.String(required=True, metadata={"example": "R-8KQ2M7T", "description": "Empty for a walk-in."})
    kind = fields.String(required=True, metadata={"example": "accepted"})
    at = fields.AwareDateTime(required=True)
    read_at = fields.AwareDateTime(allow_none=True)


class NoticePageSchema(Shape):
    """Some notices, the newest first. `after` asks for the next ones; null at the end."""

    items = fields.List(fields.Nested(NoticeSchema), required=True, attribute="rows")
    after = fields.String(allow_none=True)
    unread = fields.Integer(required=True, metadata={"description": "At most 100: more are not counted."})


class NoticeQuerySchema(Schema):
    """Which page is wanted."""

    after = fields.String(load_default=None)
    size = fields.Integer(load_default=SIZE, validate=Range(1, _LARGEST))
