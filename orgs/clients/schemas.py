"""One description of a client's shape, for what the JSON API takes and what it answers."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from app.http.api.shape import Moment, SetOf, Shape
from orgs.clients import rules
from orgs.clients.records import MAX_TEXT, Facts, Record
from orgs.facts import Detail, EpisodeEnd, Gender, HeardFrom, Need, NoteKind, Substance
from orgs.programmes.rules import LANGUAGES, OverReason, ServiceType

_LINE = validate.Length(max=rules.MAX_NAME)
_TEXT = validate.Length(max=MAX_TEXT)
_CURSOR = "The place after which the list goes on: `next` of the page before."


class FactsSchema(Schema):
    """What is known of the person. Null: not asked yet."""

    birth_year = fields.Integer(allow_none=True, strict=True)
    gender = fields.Enum(Gender, by_value=True)
    language = fields.String(validate=validate.OneOf(sorted(LANGUAGES)))
    needs = SetOf(fields.Enum(Need, by_value=True))
    injecting = fields.Boolean(allow_none=True)
    substances = SetOf(fields.Enum(Substance, by_value=True), allow_none=True)
    finished = SetOf(fields.String(validate=validate.OneOf([*ServiceType])), allow_none=True)
    contact_notes = fields.String(validate=_TEXT)
    details = fields.Dict(
        keys=fields.Enum(Detail, by_value=True),
        values=fields.String(validate=_TEXT),
        metadata={
            "description": "Free text by kind. `health`, `health_hiv` and `mental_health` are left out for who may not"
            " read them, and stay as they are when such a person writes."
        },
    )

    @post_load
    def facts(self, data: dict[str, Any], **_kwargs: Any) -> Facts:
        return Facts(**data)


class RecordSchema(Schema):
    """A client record as staff write it. An alias or a name must be there."""

    alias = fields.String(validate=_LINE)
    name = fields.String(validate=_LINE)
    phone = fields.String(validate=validate.Length(max=40), metadata={"description": "As typed; kept as +85512345678."})
    safe_contact = fields.String(validate=_TEXT)
    area = fields.String(
        allow_none=True,
        validate=validate.Regexp(r"\A([0-9]{4}|[0-9]{6})\Z"),
        metadata={"description": "Where the person stays: the NCDD code of a khan or a sangkat."},
    )
    heard_from = fields.Enum(HeardFrom, by_value=True, required=True)
    facts = fields.Nested(FactsSchema)

    @post_load
    def record(self, data: dict[str, Any], **_kwargs: Any) -> Record:
        return Record(**data)


class NewClientSchema(Schema):
    record = fields.Nested(RecordSchema, required=True)
    programme_id = fields.UUID(metadata={"description": "One of your own programmes, for somebody who walks in."})
    over_capacity = fields.Enum(
        OverReason,
        by_value=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "Why the person is taken although all places of the programme are. Without it: 409."},
    )


class EditSchema(Schema):
    record = fields.Nested(RecordSchema, required=True)
    version = fields.Integer(required=True, strict=True, metadata={"description": "The version that was read."})


class ClientSchema(Schema):
    """A client of your own organisation."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)
    record = fields.Nested(RecordSchema, required=True)
    worker_id = fields.UUID(required=True)
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    archived_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer(required=True)


class LineSchema(Schema):
    """A client in a list."""

    id = fields.UUID(required=True)
    code = fields.String(required=True)
    alias = fields.String(required=True)
    name = fields.String(required=True)
    area = fields.String(allow_none=True)
    worker_id = fields.UUID(required=True)
    updated_at = fields.AwareDateTime(required=True)
    archived = fields.Boolean(required=True)


class PageSchema(Shape):
    items = fields.List(fields.Nested(LineSchema), attribute="rows", required=True)
    next = fields.String(required=True, metadata={"description": "Empty after the last page."})


class FoundSchema(Shape):
    items = fields.List(fields.Nested(LineSchema), attribute="lines", required=True)
    more = fields.Boolean(required=True, metadata={"description": "Whether there were more than are given."})


class ListQuery(Schema):
    after = fields.String(validate=validate.Length(max=64), metadata={"description": _CURSOR})
    archived = fields.Boolean()
    mine = fields.Boolean()


class SearchSchema(Schema):
    """Sent in the body, so that no name stands in an address."""

    words = fields.String(required=True, validate=validate.Length(min=1, max=200))


class NoteSchema(Schema):
    """A note or a contact on the timeline."""

    kind = fields.Enum(NoteKind, by_value=True, load_default=NoteKind.NOTE)
    body = fields.String(required=True, validate=_TEXT)
    clinical = fields.Boolean(load_default=False)
    at = Moment(load_default=None, allow_none=True, metadata={"description": "When it was; now if null."})


class EventSchema(Schema):
    """One line of the timeline."""

    id = fields.UUID(
        allow_none=True, metadata={"description": "Of a note; null for coming to and leaving a programme."}
    )
    at = fields.AwareDateTime(required=True)
    title = fields.String(required=True)
    who = fields.String(required=True)
    body = fields.String(required=True)
    clinical = fields.Boolean(required=True)


class StaySchema(Schema):
    """A stay in one of your own programmes."""

    id = fields.UUID(required=True)
    programme_id = fields.UUID(required=True)
    referral_id = fields.UUID(allow_none=True)
    started_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.Enum(EpisodeEnd, by_value=True, allow_none=True)
    version = fields.Integer(required=True)


class TimelineSchema(Schema):
    items = fields.List(fields.Nested(EventSchema), attribute="events", required=True)
    stays = fields.List(fields.Nested(StaySchema), required=True)
    next = fields.String(required=True, metadata={"description": "Empty after the last page."})


class TimelineQuery(Schema):
    after = fields.String(validate=validate.Length(max=64), metadata={"description": _CURSOR})


class MadeSchema(Schema):
    """What was made."""

    id = fields.UUID(required=True)
