"""The parts of a packet as bytes, to be sealed and opened again years later: JSON with a version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from orgs.facts import AgeBand, Gender
from referrals.life.disclosure import Category, IdentityPart, Need, Part, TriagePart, Urgency

VERSION = 1


def triage_to_json(part: TriagePart) -> bytes:
    return _dump(
        Part.TRIAGE,
        {
            "service": part.service,
            "urgency": part.urgency,
            "age_band": part.age_band,
            "gender": part.gender,
            "language": part.language,
            "needs": list(part.needs),
            "khan": part.khan,
            "criteria": dict(part.criteria),
        },
    )


def triage_from_json(data: bytes) -> TriagePart:
    """Raises ValueError for anything that `triage_to_json` did not write."""
    body = _load(Part.TRIAGE, data, TriagePart)
    return TriagePart(
        service=body["service"],
        urgency=Urgency(body["urgency"]),
        age_band=None if body["age_band"] is None else AgeBand(body["age_band"]),
        gender=None if body["gender"] is None else Gender(body["gender"]),
        language=body["language"],
        needs=tuple(Need(need) for need in body["needs"]),
        khan=body["khan"],
        criteria=body["criteria"],
    )


def identity_to_json(part: IdentityPart) -> bytes:
    return _dump(
        Part.IDENTITY,
        {
            "alias": part.alias,
            "name": part.name,
            "birth_year": part.birth_year,
            "phone": part.phone,
            "safe_contact": part.safe_contact,
            "contact_notes": part.contact_notes,
            "details": dict(part.details),
            "note": part.note,
        },
    )


def identity_from_json(data: bytes) -> IdentityPart:
    """Raises ValueError for anything that `identity_to_json` did not write."""
    body = _load(Part.IDENTITY, data, IdentityPart)
    details = {Category(key): text for key, text in body.pop("details").items()}
    return IdentityPart(details=details, **body)


def _dump(part: Part, body: Mapping[str, Any]) -> bytes:
    whole = {"v": VERSION, "part": part, **body}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _load(part: Part, data: bytes, kind: type[TriagePart | IdentityPart]) -> dict[str, Any]:
    whole = json.loads(data)
    if not isinstance(whole, dict) or (whole.pop("v", None), whole.pop("part", None)) != (VERSION, part):
        raise ValueError(f"not a {part} part of version {VERSION}")
    if whole.keys() != {field.name for field in fields(kind)}:
        raise ValueError(f"not the fields of a {part} part")
    return whole
