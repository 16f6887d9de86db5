"""One description of a programme's shape, for the JSON API's document and its answers."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, pre_dump, validate

from app.core import clock
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.records import criterion_to_json
from orgs.programmes.rules import Openings, ServiceType

_SERVICES = [service.value for service in ServiceType]


class BothLanguages(Schema):
    km = fields.String(required=True)
    en = fields.String(required=True)


class CriterionSchema(Schema):
    """One condition. Which of the later fields are there depends on the kind."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in Kind]))
    key = fields.String(required=True, metadata={"description": "Names the yes or no that a referral answers."})
    number = fields.Integer(metadata={"description": "Years of age."})
    choices = fields.List(fields.String(), metadata={"description": "Any one of these suffices."})
    wanted = fields.Boolean(metadata={"description": "The answer that fits the question."})
    question_km = fields.String()
    question_en = fields.String()

    @pre_dump
    def _as_kept(self, criterion: Criterion, **_options: Any) -> dict[str, Any]:
        return criterion_to_json(criterion)


class ResponseRecordSchema(Schema):
    """How the programme has answered in the last half year."""

    share_in_time = fields.Function(
        lambda record: round(record.share_in_time, 2),
        metadata={"type": "number", "description": "Of all referrals whose promised time is over, answered or not."},
    )
    median_minutes = fields.Integer(
        allow_none=True, metadata={"description": "Minutes of working time until half of the answers had come."}
    )


class ProgrammeSchema(Schema):
    """A published programme."""

    id = fields.UUID(required=True)
    organisation = fields.Function(lambda view: {"id": str(view.org_id), **view.org_name})
    service = fields.Enum(ServiceType, by_value=True, required=True)
    name = fields.Nested(BothLanguages)
    about = fields.Nested(BothLanguages)
    meeting_point = fields.Nested(BothLanguages)
    criteria = fields.List(fields.Nested(CriterionSchema))
    openings = fields.Enum(Openings, by_value=True, required=True)
    accepting = fields.Boolean(required=True)
    hours = fields.Function(
        lambda view: view.hours.to_json(),
        metadata={"description": "Seven days from Monday, each with pairs of opening and closing, Phnom Penh time."},
    )
    open_now = fields.Function(lambda view: view.is_open(clock.now()), metadata={"type": "boolean"})
    languages = fields.Function(lambda view: sorted(view.languages))
    response_minutes = fields.Integer(metadata={"description": "The answer promised, in minutes of working time."})
    area = fields.String(allow_none=True, metadata={"description": "The sangkat's six-digit NCDD code."})
    record = fields.Nested(ResponseRecordSchema, allow_none=True, metadata={"description": "Null below ten referrals."})


class DirectoryQuery(Schema):
    """What narrows the directory."""

    service = fields.String(validate=validate.OneOf(_SERVICES))
    khan = fields.String(validate=validate.Regexp(r"\A\d{4}\Z"), metadata={"description": "Four-digit NCDD code."})
    words = fields.String(validate=validate.Length(max=200))
    with_places = fields.Boolean()
    open_now = fields.Boolean()
