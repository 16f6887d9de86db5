"""The demo's clients: who they are, who brought them, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import TypeVar
from uuid import UUID

from app.demo import names, words
from app.demo.house import House, Member
from orgs.clients.records import Facts, Record
from orgs.facts import Detail, Gender, HeardFrom, Need, Substance

T = TypeVar("T")

_GENDERS = {Gender.MAN: 71, Gender.WOMAN: 24, Gender.TRANS_WOMAN: 3, Gender.NOT_SAID: 2}
_KHANS = {"1201": 36, "1208": 23, "1212": 22, "1202": 11, "1206": 5, "1203": 3}
_SANGKATS = {
    "1201": ("120112", "120111", "120101"),
    "1202": ("120211", "120204", "120209"),
    "1203": ("120301", "120305"),
    "1206": ("120606", "120611"),
    "1208": ("120802", "120801", "120808"),
    "1212": ("121201", "121202", "121203"),
}
_HEARD = {
    HeardFrom.OUTREACH: 36, HeardFrom.PEER: 19, HeardFrom.COMMUNE_OFFICE: 10, HeardFrom.HOSPITAL: 9,
    HeardFrom.FAMILY: 9, HeardFrom.SELF: 9, HeardFrom.CARD: 8,
}  # fmt: skip
_SUBSTANCES = {
    Substance.METHAMPHETAMINE: 48, Substance.HEROIN: 34, Substance.INHALANTS: 7, Substance.TABLETS: 6,
    Substance.ALCOHOL: 5,
}  # fmt: skip
_AGES = {(16, 17): 5, (18, 24): 30, (25, 34): 36, (35, 49): 23, (50, 61): 6}
_DETAILS = {
    Detail.DRUG_USE: 0.55, Detail.HEALTH: 0.3, Detail.HEALTH_HIV: 0.2, Detail.MENTAL_HEALTH: 0.15, Detail.LEGAL: 0.08,
}  # fmt: skip


@dataclass
class Client:
    """A person in one organisation's records. `id` is known once the record is made."""

    number: int
    house: House
    worker: Member
    record: Record
    met: datetime
    id: UUID | None = None


def weighted(dice: Random, choices: dict[T, int]) -> T:
    """One of the keys, as likely as its weight says."""
    return dice.choices(list(choices), list(choices.values()))[0]


def record(dice: Random, met: datetime) -> Record:
    """Somebody invented. Most give an alias alone."""
    khmer, gender = dice.random() < 0.68, weighted(dice, _GENDERS)
    woman = gender in {Gender.WOMAN, Gender.TRANS_WOMAN}
    tells_name = dice.random() < 0.4
    return Record(
        alias=names.alias(dice, khmer=khmer) if not tells_name or dice.random() < 0.3 else "",
        name=names.name(dice, woman=woman, khmer=khmer) if tells_name else "",
        phone=names.phone(dice) if dice.random() < 0.35 else "",
        safe_contact=dice.choice(words.SAFE) if dice.random() < 0.4 else "",
        area=_area(dice),
        heard_from=weighted(dice, _HEARD),
        facts=_facts(dice, gender, met),
    )


def _area(dice: Random) -> str | None:
    chance, khan = dice.random(), weighted(dice, _KHANS)
    if chance < 0.02:
        return None
    return khan if chance < 0.3 else dice.choices(_SANGKATS[khan], (4, 2, 1)[: len(_SANGKATS[khan])])[0]


def _facts(dice: Random, gender: Gender, met: datetime) -> Facts:
    substance = weighted(dice, _SUBSTANCES)
    needs = {Need.ESCORT: 0.18, Need.CHILDCARE: 0.25 if gender is Gender.WOMAN else 0.01}
    if gender in {Gender.WOMAN, Gender.TRANS_WOMAN}:
        needs[Need.WOMENS_HOUR] = 0.3
    return Facts(
        birth_year=met.year - dice.randint(*weighted(dice, _AGES)) if dice.random() < 0.93 else None,
        gender=gender,
        language="vi" if dice.random() < 0.04 else "km",
        needs=frozenset(need for need, share in needs.items() if dice.random() < share),
        injecting=dice.random() < (0.8 if substance is Substance.HEROIN else 0.06) if dice.random() < 0.9 else None,
        substances=frozenset({substance}) if dice.random() < 0.85 else None,
        contact_notes=dice.choice(words.CONTACTS) if dice.random() < 0.5 else "",
        details={one: dice.choice(words.DETAILS[one]) for one, share in _DETAILS.items() if dice.random() < share},
    )
