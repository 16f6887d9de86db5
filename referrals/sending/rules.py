"""A referral in the making: what is kept of it between steps, and what its programmes ask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from orgs.clients.records import Record
from orgs.facts import Detail
from orgs.programmes.criteria import Criterion, Kind, answer
from orgs.programmes.records import ProgrammeView
from referrals.life.disclosure import Category, Need, RequestValues, Urgency

VERSION = 1
MAX_NOTE = 2000
Said = Mapping[UUID, Mapping[str, bool]]
"""By programme and key of its criteria: what the person answered when the record did not tell."""


@dataclass(frozen=True)
class DraftBody:
    """All that was chosen so far. `programmes` and `consents` stand in order of choice."""

    programmes: tuple[UUID, ...]
    consents: tuple[UUID, ...] = ()
    urgency: Urgency = Urgency.ROUTINE
    needs: frozenset[Need] = frozenset()
    categories: frozenset[Category] = frozenset({Category.IDENTITY})
    """What to ask permission for. Only a consent lets anything through."""
    said: Said = field(default_factory=dict)
    note: str = ""
    waiting_list: bool = False
    asked: bool = False
    """The second step has been filled in."""
    previous_id: UUID | None = None

    def choosing(self, programmes: tuple[UUID, ...]) -> DraftBody:
        """With other programmes: permission was given for the old ones, so it is asked for anew."""
        return self if programmes == self.programmes else replace(self, programmes=programmes, consents=())

    def to_json(self) -> str:
        return json.dumps(
            {
                "v": VERSION,
                "programmes": [str(one) for one in self.programmes],
                "consents": [str(one) for one in self.consents],
                "urgency": self.urgency,
                "needs": sorted(self.needs),
                "categories": sorted(self.categories),
                "said": {str(programme): dict(answers) for programme, answers in self.said.items()},
                "note": self.note,
                "waiting_list": self.waiting_list,
                "asked": self.asked,
                "previous_id": str(self.previous_id) if self.previous_id else None,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> DraftBody:
        """Raises ValueError for anything that `to_json` did not write."""
        body: Any = json.loads(text)
        if not isinstance(body, dict) or body.pop("v", None) != VERSION:
            raise ValueError(f"not a draft of version {VERSION}")
        return cls(
            programmes=tuple(map(UUID, body["programmes"])),
            consents=tuple(map(UUID, body["consents"])),
            urgency=Urgency(body["urgency"]),
            needs=frozenset(map(Need, body["needs"])),
            categories=frozenset(map(Category, body["categories"])),
            said={UUID(programme): answers for programme, answers in body["said"].items()},
            note=body["note"],
            waiting_list=body["waiting_list"],
            asked=body["asked"],
            previous_id=UUID(body["previous_id"]) if body["previous_id"] else None,
        )


@dataclass(frozen=True)
class Asked:
    """One question, however many of the chosen programmes ask it. `answer` is None while nobody has said."""

    criterion: Criterion
    places: tuple[tuple[UUID, str], ...]
    """Each programme that asks it, with its key there."""
    answer: bool | None
    in_record: bool
    """The record tells, so nobody needs to be asked."""


def begin(programmes: tuple[UUID, ...], record: Record, previous_id: UUID | None = None) -> DraftBody:
    """A draft for a person, with what the record tells filled in, and permission to be asked for the least."""
    return DraftBody(
        programmes=programmes,
        needs=record.facts.needs,
        categories=tellable(record) & {Category.IDENTITY, Category.PHONE},
        previous_id=previous_id,
    )


def tellable(record: Record) -> frozenset[Category]:
    """The categories of which the record holds anything: for others no permission is asked."""
    reach = record.phone or record.safe_contact or record.facts.contact_notes
    told = {Category(detail.value) for detail in Detail if record.facts.details.get(detail)}
    return frozenset({Category.IDENTITY} | ({Category.PHONE} if reach else set()) | told)


def questions(programmes: Iterable[ProgrammeView], record: Record, said: Said, now: datetime) -> list[Asked]:
    """What the chosen programmes ask, each thing once, with the answers known by now."""
    places: dict[Criterion, list[tuple[UUID, str]]] = {}
    for programme in programmes:
        for criterion in programme.criteria:
            places.setdefault(replace(criterion, key="", wanted=True), []).append((programme.id, criterion.key))
    return [_asked(criterion, tuple(where), record, said, now) for criterion, where in places.items()]


def answers(programme: ProgrammeView, asked: Iterable[Asked]) -> dict[str, bool]:
    """The answers that could be told to this programme, by its own keys."""
    return {
        key: one.answer
        for one in asked
        if one.answer is not None
        for programme_id, key in one.places
        if programme_id == programme.id
    }


def request_values(body: DraftBody, programme: ProgrammeView, asked: Iterable[Asked]) -> RequestValues:
    """What is said to one of the programmes."""
    return RequestValues(
        service=programme.service,
        urgency=body.urgency,
        needs=body.needs,
        answers=answers(programme, asked),
        note=body.note,
    )


def _asked(
    criterion: Criterion, places: tuple[tuple[UUID, str], ...], record: Record, said: Said, now: datetime
) -> Asked:
    known = None if criterion.kind is Kind.QUESTION else answer(criterion, record.match_facts(), now)
    told = [said[programme][key] for programme, key in places if key in said.get(programme, {})]
    value = known if known is not None else next(iter(told), None)
    return Asked(criterion, places, value, in_record=known is not None)
