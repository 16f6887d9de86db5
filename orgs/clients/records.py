"""What a client record holds once it is opened, how it is checked, and how its facts are written down."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.core.errors import N_, Invalid
from orgs.clients import rules
from orgs.facts import CLINICAL, Detail, Gender, HeardFrom, Need, Substance
from orgs.programmes.criteria import ClientFacts
from orgs.programmes.rules import LANGUAGES, ServiceType

VERSION = 1
MAX_TEXT = 2000


@dataclass(frozen=True)
class Facts:
    """What is known of the person beyond name and phone. None: not asked yet."""

    birth_year: int | None = None
    gender: Gender = Gender.NOT_SAID
    language: str = "km"
    needs: frozenset[Need] = frozenset()
    injecting: bool | None = None
    substances: frozenset[Substance] | None = None
    finished: frozenset[str] | None = None
    """Types of service that the person has been through."""
    contact_notes: str = ""
    """Where and when the person can be found."""
    details: Mapping[Detail, str] = field(default_factory=dict)

    def without_clinical(self) -> Facts:
        """As those see it who are neither clinicians nor the client's own worker."""
        return replace(self, details={key: text for key, text in self.details.items() if key not in CLINICAL})

    def keeping_clinical_of(self, stored: Facts) -> Facts:
        """The same with the clinical details of `stored`, when whoever wrote this could not see those."""
        kept = {key: text for key, text in stored.details.items() if key in CLINICAL}
        return replace(self, details={**self.without_clinical().details, **kept})

    def to_json(self) -> str:
        return json.dumps(
            {
                "v": VERSION,
                "birth_year": self.birth_year,
                "gender": self.gender,
                "language": self.language,
                "needs": sorted(self.needs),
                "injecting": self.injecting,
                "substances": None if self.substances is None else sorted(self.substances),
                "finished": None if self.finished is None else sorted(self.finished),
                "contact_notes": self.contact_notes,
                "details": dict(self.details),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Facts:
        """Raises ValueError for anything that `to_json` did not write."""
        body = json.loads(text)
        if not isinstance(body, dict) or body.pop("v", None) != VERSION:
            raise ValueError(f"not the facts of version {VERSION}")
        substances, finished = body["substances"], body["finished"]
        return cls(
            birth_year=body["birth_year"],
            gender=Gender(body["gender"]),
            language=body["language"],
            needs=frozenset(Need(need) for need in body["needs"]),
            injecting=body["injecting"],
            substances=None if substances is None else frozenset(Substance(one) for one in substances),
            finished=None if finished is None else frozenset(finished),
            contact_notes=body["contact_notes"],
            details={Detail(key): said for key, said in body["details"].items()},
        )


@dataclass(frozen=True)
class Record:
    """A client record as staff write it. `area` is where the person stays: a khan's or sangkat's code, or None."""

    alias: str = ""
    name: str = ""
    phone: str = ""
    safe_contact: str = ""
    """How, and when, it is safe to reach the person."""
    area: str | None = None
    heard_from: HeardFrom = HeardFrom.OUTREACH
    facts: Facts = field(default_factory=Facts)

    @property
    def shown(self) -> str:
        """What the person is called on a screen: the alias, which gives less away, or else the name."""
        return self.alias or self.name

    @property
    def khan(self) -> str | None:
        return self.area[:4] if self.area else None

    def match_facts(self, answers: Mapping[str, bool] | None = None) -> ClientFacts:
        """What a programme's criteria reckon with. `answers`: to questions of the programme's own."""
        facts = self.facts
        return ClientFacts(
            birth_year=facts.birth_year,
            gender=facts.gender,
            injecting=facts.injecting,
            substances=None if facts.substances is None else frozenset(facts.substances),
            finished=facts.finished,
            khan=self.khan,
            language=facts.language,
            answers=answers or {},
        )


_Faults = dict[str, tuple[str, Mapping[str, object]]]


def check_record(record: Record, now: datetime) -> Record:
    """The record as it is stored: tidy, the phone in one form. Raises Invalid naming every field at fault."""
    faults: _Faults = {}
    tidy = record
    try:
        alias, name = rules.check_names(encodable(record.alias), encodable(record.name))
        tidy = replace(tidy, alias=alias, name=name)
    except Invalid as error:
        faults |= error.fields
    try:
        tidy = replace(tidy, phone=rules.normal_phone(encodable(record.phone)))
    except Invalid as error:
        faults |= error.fields
    try:
        rules.check_birth_year(record.facts.birth_year, now)
    except Invalid as error:
        faults |= error.fields
    tidy = replace(
        tidy,
        safe_contact=_text("safe_contact", record.safe_contact, faults),
        area=record.area or None,
        facts=_checked_facts(record.facts, faults),
    )
    if faults:
        raise Invalid.many(faults)
    return tidy


def check_text(text: str, *, name: str = "body") -> str:
    """Several lines that must say something. Raises Invalid."""
    faults: _Faults = {}
    kept = _text(name, text, faults)
    if not kept:
        faults[name] = (N_("Write something."), {})
    if faults:
        raise Invalid.many(faults)
    return kept


def encodable(text: str) -> str:
    """Without what cannot be written as UTF-8 (half a surrogate pair, which JSON can carry)."""
    return text.encode(errors="ignore").decode()


def _checked_facts(facts: Facts, faults: _Faults) -> Facts:
    if facts.language not in LANGUAGES:
        faults["language"] = (N_("Choose a language from the list."), {})
    if not (facts.finished or frozenset()) <= set(ServiceType):
        faults["finished"] = (N_("Choose services from the list."), {})
    details = {key: _text(key.value, said, faults) for key, said in facts.details.items()}
    return replace(
        facts,
        contact_notes=_text("contact_notes", facts.contact_notes, faults),
        details={key: said for key, said in details.items() if said},
    )


def _text(name: str, text: str, faults: _Faults) -> str:
    lines = unicodedata.normalize("NFC", encodable(text)).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in lines if sign in "\n\t" or unicodedata.category(sign) != "Cc").strip()
    if len(kept) > MAX_TEXT:
        faults[name] = (N_("At most %(count)s characters."), {"count": MAX_TEXT})
    return kept
