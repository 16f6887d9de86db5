"""What the programming interface takes to erase a client."""

from __future__ import annotations

from marshmallow import Schema, fields

from orgs.facts import ErasureReason


class EraseSchema(Schema):
    reason = fields.Enum(ErasureReason, by_value=True, required=True)
    version = fields.Integer(required=True, strict=True, metadata={"description": "The version that was read."})
