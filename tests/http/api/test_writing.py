"""What is written fast is what marshmallow writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, fields, post_dump

from app.http.api.shape import SetOf, Shape
from app.http.api.writing import compiled
from referrals.boxes import queries
from referrals.boxes.records import Wanted
from referrals.boxes.schemas import ReferralsSchema
from referrals.life.policy import Party
from referrals.life.scope import load
from referrals.life.use_cases import answer
from referrals.page.resource import resource
from referrals.page.schemas import ReferralSchema
from tests.cast import cast, tomorrow
from tests.network import Network


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Schema):
    name = fields.String(required=True)
    when = fields.AwareDateTime()


class Everything(Shape):
    id = fields.UUID()
    word = fields.String(data_key="said", allow_none=True)
    number = fields.Integer()
    whole = fields.Boolean()
    at = fields.AwareDateTime(allow_none=True)
    colour = fields.Enum(Colour, by_value=True)
    by_name = fields.Enum(Colour)
    other = fields.String(attribute="usual", dump_only=True)
    one = fields.Nested(Inner, allow_none=True)
    several = fields.List(fields.Nested(Inner))
    set = SetOf(fields.Enum(Colour, by_value=True))
    map = fields.Dict(keys=fields.Enum(Colour, by_value=True), values=fields.String())
    usual = fields.String(dump_default="usual", dump_only=True)
    hidden = fields.String(load_only=True)


MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))]))
INNER = st.fixed_dictionaries({"name": st.text()}, optional={"when": MOMENTS})
OBJECTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "id": st.uuids(),
        "word": st.none() | st.text(),
        "number": st.integers(),
        "whole": st.booleans(),
        "at": st.none() | MOMENTS,
        "colour": st.sampled_from(Colour),
        "by_name": st.sampled_from(Colour),
        "one": st.none() | INNER,
        "several": st.lists(INNER),
        "set": st.frozensets(st.sampled_from(Colour)),
        "map": st.dictionaries(st.sampled_from(Colour), st.text()),
        "usual": st.text(),
        "hidden": st.text(),
    },
)


class Plain:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


@given(OBJECTS)
def test_both_write_the_same(values: dict[str, Any]) -> None:
    schema = Everything()
    for one in (values, Plain(values)):
        assert schema.dump(one) == Schema.dump(schema, one)
    assert schema.dump([values, values], many=True) == Schema.dump(schema, [values, values], many=True)


@dataclass
class Dotted:
    part: Any


def test_what_is_not_understood_is_left_to_marshmallow() -> None:
    class Hooked(Shape):
        word = fields.String()

        @post_dump
        def louder(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
            return {"word": data["word"].upper()}

    class Deep(Shape):
        word = fields.String(attribute="part.word")

    assert compiled(Hooked()) is compiled(Deep()) is None
    assert Hooked().dump({"word": "a"}) == {"word": "A"}
    assert Deep().dump(Dotted({"word": "a"})) == {"word": "a"}


@pytest.mark.parametrize("side", [Party.SENDER, Party.RECEIVER])
def test_the_real_answers_are_the_same(network: Network, side: Party) -> None:
    people = cast(network)
    referral: UUID = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral, tomorrow())
    with (people.nurse if side is Party.RECEIVER else people.outreach).transaction() as (session, actor):
        listed = queries.recent(session, actor, side, Wanted())
        whole = resource(session, actor, load(session, actor, referral))
    for schema, given_ in ((ReferralsSchema(), listed), (ReferralSchema(), whole)):
        assert schema.dump(given_) == Schema.dump(schema, given_)
