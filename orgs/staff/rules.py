"""What an organisation is, and which roles go together."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.core.context import CASE_ROLES
from app.core.errors import N_, Invalid

Wrong = dict[str, tuple[str, Mapping[str, object]]]
"""For each field at fault a sentence and its parameters."""

KINDS: Mapping[str, str] = {
    "ngo": N_("NGO"),
    "health_centre": N_("Health centre"),
    "hospital": N_("Hospital"),
    "training_provider": N_("Training provider"),
    "commune": N_("Sangkat office"),
    "steward": N_("Network steward"),
}
"""There is no kind for police or for compulsory centres, and none can be added by configuration."""

ROLES: Mapping[str, str] = {
    "outreach": N_("Outreach worker (own clients)"),
    "caseworker": N_("Caseworker"),
    "clinician": N_("Clinician (also clinical notes)"),
    "manager": N_("Manager (staff, programmes, figures)"),
    "official": N_("Sangkat official"),
    "steward": N_("Steward (organisations and directory)"),
    "privacy": N_("Privacy officer (sees who opened which record, but no record)"),
}

_EMAIL = re.compile(r"[!-?A-~]+@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+")
"""Shape alone: one @, no spaces, a domain with a dot. Whether it exists is for the first mail to find out."""

LANGUAGES: Mapping[str, str] = {"km": "ខ្មែរ", "en": "English"}


def roles_for(kind: str) -> tuple[str, ...]:
    """The roles that a member of this kind of organisation can have."""
    if kind == "commune":
        return ("official",)
    if kind == "steward":
        return ("steward", "manager")
    return ("outreach", "caseworker", "clinician", "manager", "privacy")


def check_roles(roles: frozenset[str], kind: str) -> None:
    """At least one role, and only such as this kind of organisation has. Raises Invalid."""
    if not roles:
        raise Invalid(N_("Choose at least one role."), field="roles")
    if not roles <= set(roles_for(kind)):
        raise Invalid(N_("These roles do not exist in this kind of organisation."), field="roles")
    if "privacy" in roles and roles & CASE_ROLES:
        raise Invalid(N_("Whoever watches over access does not read records as well. Choose one."), field="roles")


def check_organisation(*, kind: str, prefix: str, name_km: str, name_en: str, area: str | None) -> None:
    """Both names, a known kind, two or three capital letters for client codes, a sangkat for its office.

    Raises Invalid.
    """
    wrong = _wrong_names(name_km, name_en)
    if kind not in KINDS or kind == "steward":
        wrong["kind"] = (N_("Choose what kind of organisation it is."), {})
    if not re.fullmatch(r"[A-Z]{2,3}", prefix):
        wrong["prefix"] = (N_("Two or three capital letters, such as KS."), {})
    wrong |= _wrong_area(kind, area)
    if wrong:
        raise Invalid.many(wrong)


def check_renaming(*, kind: str, name_km: str, name_en: str, area: str | None) -> None:
    """What can still be changed of an organisation: both names and the place. Raises Invalid."""
    wrong = _wrong_names(name_km, name_en) | _wrong_area(kind, area)
    if wrong:
        raise Invalid.many(wrong)


def first_roles(kind: str) -> frozenset[str]:
    """What the first person of an organisation is, whom the steward invites."""
    return frozenset({"official" if kind == "commune" else "manager"})


def check_person(*, name: str, email: str) -> None:
    """A name and an email address to sign in with. Raises Invalid."""
    wrong: Wrong = {}
    if not name.strip() or len(name) > 80:  # noqa: PLR2004
        wrong["name"] = (N_("Enter your name, at most 80 characters."), {})
    if not _EMAIL.fullmatch(email) or len(email) > 120:  # noqa: PLR2004
        wrong["email"] = (N_("Enter an email address, such as dara@example.org."), {})
    if wrong:
        raise Invalid.many(wrong)


def check_language(language: str) -> None:
    """Khmer or English. Raises Invalid."""
    if language not in LANGUAGES:
        raise Invalid(N_("Choose Khmer or English."), field="language")


def _wrong_names(name_km: str, name_en: str) -> Wrong:
    return {
        field: (N_("Enter the name, at most 120 characters."), {})
        for field, value in (("name_km", name_km), ("name_en", name_en))
        if not value.strip() or len(value) > 120  # noqa: PLR2004
    }


def _wrong_area(kind: str, area: str | None) -> Wrong:
    if area is None and kind == "commune":
        return {"area": (N_("Choose the sangkat of this office."), {})}
    if area is not None and not re.fullmatch("[0-9]{6}", area):
        return {"area": (N_("Choose a sangkat from the list."), {})}
    return {}
