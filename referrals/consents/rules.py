"""A client's permission: what makes one valid when it is given, and whether it holds now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from app.core.context import CASE_ROLES
from app.core.errors import N_, Conflict, Invalid
from orgs.facts import under_18 as under_18  # noqa: PLC0414 - part of these rules' vocabulary
from referrals.consents import wording
from referrals.life.disclosure import Category

DEFAULT_DAYS = 90
MIN_DAYS, MAX_DAYS = 1, 365
MOST = 3
"""A first choice and two alternatives."""
OWN_PROGRAMME = N_("Your own organisation's programme needs no referral. Open an episode instead.")
CLOCK_SKEW = timedelta(minutes=10)
"""How far ahead of ours the clock of a phone may run."""


class How(StrEnum):
    SPOKEN_WITNESSED = "spoken_witnessed"
    THUMBPRINT = "thumbprint"
    SIGNATURE = "signature"


class Purpose(StrEnum):
    """One permission serves one purpose."""

    REFERRAL = "referral"


class Guardian(StrEnum):
    """Whether a guardian had a part in a minor's permission or, if not, why."""

    INVOLVED = "involved"
    NONE_THERE = "none_there"
    NOT_SAFE = "not_safe"
    NOT_WANTED = "not_wanted"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True)
class Consent:
    """A permission as it was given. None stands for a question that was not answered."""

    programme_id: UUID
    categories: frozenset[Category]
    given_at: datetime
    expires_at: datetime
    how: How | None
    witness_id: UUID | None
    wording_version: str
    language: str
    able_to_decide: bool | None
    assent: bool | None = None
    guardian: Guardian | None = None
    purpose: Purpose = Purpose.REFERRAL
    withdrawn_at: datetime | None = None


@dataclass(frozen=True)
class Witness:
    """The staff member before whom it was given: the kind of organisation and the roles there."""

    org_kind: str
    roles: frozenset[str]


_Faults = dict[str, tuple[str, dict[str, object]]]


def check_choice(programme_ids: Sequence[UUID]) -> None:
    """One programme and up to two different alternatives in one sitting. Raises Invalid."""
    if not programme_ids:
        raise Invalid(N_("Choose a programme first."), field="programme")
    if len(programme_ids) > MOST or len(set(programme_ids)) != len(programme_ids):
        raise Invalid(N_("Choose one programme and up to two different alternatives."), field="programme")


def default_expiry(given_at: datetime) -> datetime:
    """Ninety days, unless the client chooses otherwise."""
    return given_at + timedelta(days=DEFAULT_DAYS)


def check_given(consent: Consent, *, witness: Witness | None, minor: bool, now: datetime) -> None:
    """Is this a permission at all? Raises Invalid naming every field at fault.

    `minor`: the person may be under 18 (by `under_18`, or because staff say so).
    """
    faults: _Faults = {}
    _ask_person(consent, faults)
    _ask_witness(witness, faults)
    _ask_times(consent, now, faults)
    _ask_minor(consent, minor, faults)
    if faults:
        raise Invalid.many(faults)


def check_in_force(consent: Consent | None, programme_id: UUID, now: datetime) -> None:
    """Does the permission hold now, for exactly this programme?

    Raises Conflict with a sentence of its own for each way in which it may not.
    """
    if consent is None:
        raise Conflict(N_("There is no permission from this person for this programme. Ask for it first."))
    if consent.programme_id != programme_id:
        raise Conflict(N_("The permission is for another programme. Ask the person for permission for this one."))
    if consent.withdrawn_at is not None:
        raise Conflict(N_("The person has withdrawn this permission. Nothing can be sent on it."))
    if now >= consent.expires_at:
        raise Conflict(N_("The permission has run out. Ask the person again."))
    if now < consent.given_at - CLOCK_SKEW:
        raise Conflict(N_("The permission does not hold yet: its date lies ahead."))


def in_force(consent: Consent | None, programme_id: UUID, now: datetime) -> bool:
    """`check_in_force` as a question."""
    try:
        check_in_force(consent, programme_id, now)
    except Conflict:
        return False
    return True


def _ask_person(consent: Consent, faults: _Faults) -> None:
    if consent.able_to_decide is None:
        faults["able_to_decide"] = (N_("Say whether the person is able to decide now."), {})
    elif not consent.able_to_decide:
        faults["able_to_decide"] = (
            N_("Permission is not taken while the person cannot decide. Keep the draft and ask again later."),
            {},
        )
    if consent.how is None:
        faults["how"] = (N_("Say how the person gave permission."), {})
    if Category.IDENTITY not in consent.categories:
        faults["categories"] = (
            N_("Without a name or an alias nobody can be received. Tick it, or do not send."),
            {},
        )
    if not wording.exists(consent.wording_version, consent.language):
        faults["wording_version"] = (
            N_("This wording of the permission is not known. Load the page again."),
            {},
        )


def _ask_witness(witness: Witness | None, faults: _Faults) -> None:
    if witness is None:
        faults["witness_id"] = (N_("Choose the staff member before whom permission was given."), {})
    elif witness.org_kind in {"commune", "steward"} or witness.roles.isdisjoint(CASE_ROLES):
        faults["witness_id"] = (
            N_("Only a worker who meets clients can witness a permission, never an official."),
            {},
        )


def _ask_times(consent: Consent, now: datetime, faults: _Faults) -> None:
    lasts = consent.expires_at - consent.given_at
    if consent.given_at > now + CLOCK_SKEW:
        faults["given_at"] = (N_("Permission cannot be given in the future."), {})
    if not timedelta(days=MIN_DAYS) <= lasts <= timedelta(days=MAX_DAYS):
        faults["expires_at"] = (
            N_("Choose between %(min)s and %(max)s days."),
            {"min": MIN_DAYS, "max": MAX_DAYS},
        )
    elif consent.expires_at <= now:
        faults["expires_at"] = (N_("This permission would have run out already. Ask the person again."), {})


def _ask_minor(consent: Consent, minor: bool, faults: _Faults) -> None:  # noqa: FBT001 - a fact, not a switch
    if not minor:
        if consent.assent is not None or consent.guardian is not None:
            faults["guardian"] = (N_("A guardian is asked about only for a person under 18."), {})
        return
    if not consent.assent:
        faults["assent"] = (
            N_("The person is under 18. Explain it in plain words and go on only if they agree."),
            {},
        )
    if consent.guardian is None:
        faults["guardian"] = (N_("Say whether a guardian was involved or, if not, why."), {})
