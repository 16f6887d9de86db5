"""The words people read for kinds of service and how full a programme is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from orgs.programmes.criteria import Fits, Kind
from orgs.programmes.rules import REOPENED, Openings, OverReason, ServiceType

SERVICE: Mapping[ServiceType, str] = MappingProxyType(
    {
        ServiceType.DROP_IN: N_("Drop-in centre"),
        ServiceType.SHELTER: N_("Shelter"),
        ServiceType.HIV_TESTING: N_("HIV testing"),
        ServiceType.METHADONE: N_("Methadone"),
        ServiceType.DETOX: N_("Detox"),
        ServiceType.REHAB: N_("Rehabilitation"),
        ServiceType.COUNSELLING: N_("Counselling"),
        ServiceType.VOCATIONAL: N_("Vocational training"),
        ServiceType.TB: N_("Tuberculosis care"),
        ServiceType.ART: N_("HIV treatment"),
        ServiceType.STI: N_("Sexual health"),
        ServiceType.EMPLOYMENT: N_("Employment"),
    }
)

OPENINGS: Mapping[Openings, str] = MappingProxyType(
    {
        Openings.OPEN: N_("Places free"),
        Openings.NEARLY_FULL: N_("Nearly full"),
        Openings.FULL: N_("Full"),
    }
)

OVER_REASON: Mapping[OverReason, str] = MappingProxyType(
    {
        OverReason.EMERGENCY: N_("Emergency"),
        OverReason.PREGNANT: N_("Pregnant"),
        OverReason.UNDER_18: N_("Child, or under 18"),
        OverReason.RELEASED_FROM_DETENTION: N_("Just released from detention"),
        OverReason.LEFT_HOSPITAL: N_("Just left hospital"),
        OverReason.NOT_SAFE: N_("Not safe elsewhere"),
        OverReason.AGREED: N_("Agreed with the manager"),
        OverReason.OTHER: N_("Another reason"),
    }
)
"""What staff choose from."""

NOTED_REASON: Mapping[str, str] = MappingProxyType(
    {str(reason): said for reason, said in OVER_REASON.items()}
    | {REOPENED: N_("Opened again after a wrong clock; the place had been promised")}
)
"""What managers read: by a word of `OverReason`, or `REOPENED`."""

FITS: Mapping[Fits, str] = MappingProxyType(
    {Fits.YES: N_("Fits"), Fits.UNKNOWN: N_("May fit"), Fits.NO: N_("Does not fit")}
)

CRITERION: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.MIN_AGE: N_("Youngest age"),
        Kind.MAX_AGE: N_("Oldest age"),
        Kind.WOMEN: N_("For women"),
        Kind.INJECTING: N_("For people who inject"),
        Kind.SUBSTANCES: N_("For people who use certain drugs"),
        Kind.AFTER_PROGRAMME: N_("After another service"),
        Kind.KHAN: N_("For people who stay in certain khans"),
        Kind.QUESTION: N_("A question of your own"),
    }
)

ASKED: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.MIN_AGE: N_("People of %(age)s or over"),
        Kind.MAX_AGE: N_("People up to %(age)s"),
        Kind.WOMEN: N_("Women, trans women among them"),
        Kind.INJECTING: N_("People who inject"),
        Kind.SUBSTANCES: N_("People who use: %(list)s"),
        Kind.AFTER_PROGRAMME: N_("People who have been through: %(list)s"),
        Kind.KHAN: N_("People who stay in: %(list)s"),
        Kind.QUESTION: N_("They ask: %(question)s"),
    }
)
"""Whom a programme is for, as the directory says it."""

ASK: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.MIN_AGE: N_("Is the person %(age)s or over?"),
        Kind.MAX_AGE: N_("Is the person %(age)s or younger?"),
        Kind.WOMEN: N_("Does the person want a service for women?"),
        Kind.INJECTING: N_("Does the person inject?"),
        Kind.SUBSTANCES: N_("Does the person use any of these: %(list)s?"),
        Kind.AFTER_PROGRAMME: N_("Has the person been through any of these: %(list)s?"),
        Kind.KHAN: N_("Does the person stay in one of these khans: %(list)s?"),
        Kind.QUESTION: "%(question)s",
    }
)
"""The same conditions as questions, to be answered with yes or no."""

LANGUAGE: Mapping[str, str] = MappingProxyType(
    {
        "km": N_("Khmer"),
        "en": N_("English"),
        "vi": N_("Vietnamese"),
        "fr": N_("French"),
        "zh": N_("Chinese"),
        "th": N_("Thai"),
        "sign": N_("Cambodian sign language"),
    }
)

DAYS: tuple[str, ...] = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
