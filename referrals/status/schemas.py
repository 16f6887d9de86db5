"""Whether all is well, as the JSON API says it."""

from __future__ import annotations

from marshmallow import Schema, fields


class TaskSchema(Schema):
    """One scheduled task."""

    task = fields.String(required=True, metadata={"example": "spean.due"})
    state = fields.String(required=True, metadata={"example": "well", "description": "well, waiting, failing or late"})
    every_seconds = fields.Integer(required=True)
    started_at = fields.AwareDateTime(allow_none=True)
    succeeded_at = fields.AwareDateTime(allow_none=True)
    failed_at = fields.AwareDateTime(allow_none=True)
    failure = fields.String(required=True, metadata={"description": "The kind of the last error."})
    failed = fields.Integer(required=True, metadata={"description": "Of how many in the last run that failed."})
    tried = fields.Integer(required=True)


class IncidentSchema(Schema):
    """A time in which something was late."""

    opened_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    tasks = fields.List(fields.String(), required=True)


class ErrorCountSchema(Schema):
    """Unforeseen errors of one kind at one place."""

    endpoint = fields.String(required=True)
    kind = fields.String(required=True)
    today = fields.Integer(required=True)
    week = fields.Integer(required=True)
    last_at = fields.AwareDateTime(required=True)
    last_id = fields.String(required=True, metadata={"example": "E-7KQ2M8"})


class StatusSchema(Schema):
    """How Spean is now."""

    well = fields.Boolean(required=True)
    tasks = fields.List(fields.Nested(TaskSchema), required=True)
    incidents = fields.List(fields.Nested(IncidentSchema), required=True)
    errors = fields.List(fields.Nested(ErrorCountSchema), required=True)
