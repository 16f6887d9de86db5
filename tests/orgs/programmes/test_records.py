from __future__ import annotations

import json

import pytest

from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.records import (
    Record,
    criteria_from_json,
    criterion_to_json,
    hours_from_json,
    hours_to_json,
)
from tests.orgs.programmes.programme_values import WEEKDAYS

EACH = (
    Criterion(Kind.MIN_AGE, "min_age", number=15),
    Criterion(Kind.MAX_AGE, "max_age", number=0),
    Criterion(Kind.WOMEN, "women"),
    Criterion(Kind.INJECTING, "injecting"),
    Criterion(Kind.SUBSTANCES, "substances", choices=frozenset({"heroin", "tablets"})),
    Criterion(Kind.AFTER_PROGRAMME, "after_programme", choices=frozenset({"detox"})),
    Criterion(Kind.KHAN, "khan", choices=frozenset({"1212"})),
    Criterion(Kind.QUESTION, "q1", wanted=False, question_km="មានកូនតូចទេ?", question_en="Any small children?"),
)


@pytest.mark.parametrize("criterion", EACH, ids=lambda criterion: criterion.kind.value)
def test_each_condition_survives_the_column(criterion: Criterion) -> None:
    kept = json.loads(json.dumps([criterion_to_json(criterion)]))
    assert criteria_from_json(kept) == (criterion,)


def test_every_kind_is_tried() -> None:
    assert {criterion.kind for criterion in EACH} == set(Kind)


def test_hours_survive_the_column() -> None:
    assert hours_from_json(json.loads(json.dumps(hours_to_json(WEEKDAYS)))) == WEEKDAYS


def test_no_hours_stated_is_closed() -> None:
    assert not hours_from_json({}).week


def test_a_record_tells_its_share() -> None:
    assert Record(asked=12, in_time=9, median_minutes=40).share_in_time == 0.75
