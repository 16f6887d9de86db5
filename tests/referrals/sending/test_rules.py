from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgs.clients.records import Facts, Record
from orgs.facts import Detail
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.hours import WeeklyHours
from orgs.programmes.records import ProgrammeView
from orgs.programmes.rules import Openings, ServiceType
from referrals.life.disclosure import Category, Need, Urgency
from referrals.sending import rules
from referrals.sending.rules import DraftBody

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
bodies = st.builds(
    DraftBody,
    programmes=st.lists(st.uuids(), max_size=3).map(tuple),
    consents=st.lists(st.uuids(), max_size=3).map(tuple),
    urgency=st.sampled_from(Urgency),
    needs=st.frozensets(st.sampled_from(Need)),
    categories=st.frozensets(st.sampled_from(Category)),
    said=st.dictionaries(st.uuids(), st.dictionaries(st.text(max_size=5), st.booleans(), max_size=3), max_size=3),
    note=st.text(st.characters(exclude_categories=["Cs"])),
    waiting_list=st.booleans(),
    asked=st.booleans(),
    previous_id=st.none() | st.uuids(),
)


def view(*criteria: Criterion) -> ProgrammeView:
    return ProgrammeView(
        org_id=uuid4(), id=uuid4(), org_name_km="", org_name_en="", service=ServiceType.SHELTER, name_km="", name_en="",
        about_km="", about_en="", criteria=criteria, openings=Openings.OPEN, hours=WeeklyHours(((),) * 7),
        meeting_point_km="", meeting_point_en="", languages=frozenset(), response_minutes=60, area=None,
        published=True, accepting=True, record=None,
    )  # fmt: skip


@given(bodies)
def test_a_draft_is_read_as_it_was_written(body: DraftBody) -> None:
    assert DraftBody.from_json(body.to_json()) == body


@pytest.mark.parametrize("text", ["{}", '{"v": 2}', "[]", "null", "not json"])
def test_what_no_draft_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a draft|Expecting"):
        DraftBody.from_json(text)


def test_other_programmes_lose_their_permission() -> None:
    first, second = uuid4(), uuid4()
    body = DraftBody((first,), consents=(uuid4(),))
    assert body.choosing((first,)) is body
    assert body.choosing((second,)) == replace(body, programmes=(second,), consents=())


def test_permission_is_asked_for_the_least_and_only_for_what_there_is() -> None:
    bare = Record(alias="A")
    assert rules.tellable(bare) == {Category.IDENTITY}
    full = Record(alias="A", safe_contact="by voice", facts=Facts(details={Detail.HEALTH_HIV: "…", Detail.LEGAL: ""}))
    assert rules.tellable(full) == {Category.IDENTITY, Category.PHONE, Category.HEALTH_HIV}
    assert rules.begin((), full).categories == {Category.IDENTITY, Category.PHONE}


def test_each_thing_is_asked_once_and_answered_by_each_programmes_own_key() -> None:
    fits, misfits = Criterion(Kind.QUESTION, "q1", wanted=True, question_en="Children?"), Criterion(
        Kind.QUESTION, "q7", wanted=False, question_en="Children?"
    )  # fmt: skip
    first, second = view(fits, Criterion(Kind.INJECTING, "i")), view(misfits)
    record = Record(alias="A", facts=Facts(injecting=False))
    asked = rules.questions([first, second], record, {first.id: {"q1": True}}, NOW)
    assert [(one.answer, one.in_record) for one in asked] == [(True, False), (False, True)]
    assert rules.answers(first, asked) == {"q1": True, "i": False}
    assert rules.answers(second, asked) == {"q7": True}


def test_what_nobody_said_is_not_answered() -> None:
    programme = view(Criterion(Kind.INJECTING, "i"), Criterion(Kind.QUESTION, "q1", question_en="Children?"))
    asked = rules.questions([programme], Record(alias="A"), {}, NOW)
    assert rules.answers(programme, asked) == {}
    said = rules.questions([programme], Record(alias="A"), {programme.id: {"i": True}}, NOW)
    assert rules.answers(programme, said) == {"i": True}


def test_the_record_goes_before_what_was_once_said() -> None:
    programme = view(Criterion(Kind.INJECTING, "i"))
    record = Record(alias="A", facts=Facts(injecting=True))
    asked = rules.questions([programme], record, {programme.id: {"i": False}}, NOW)
    assert rules.answers(programme, asked) == {"i": True}
