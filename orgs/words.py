"""The words people read for the facts of a person."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from orgs.facts import AgeBand, Detail, EpisodeEnd, ErasureReason, Gender, HeardFrom, Need, NoteKind, Substance

AGE_BAND: Mapping[AgeBand, str] = MappingProxyType(
    {
        AgeBand.UNDER_15: N_("Under 15"),
        AgeBand.FROM_15: N_("15 to 17"),
        AgeBand.FROM_18: N_("18 to 24"),
        AgeBand.FROM_25: N_("25 to 34"),
        AgeBand.FROM_35: N_("35 to 49"),
        AgeBand.FROM_50: N_("50 or over"),
    }
)

GENDER: Mapping[Gender, str] = MappingProxyType(
    {
        Gender.WOMAN: N_("Woman"),
        Gender.MAN: N_("Man"),
        Gender.TRANS_WOMAN: N_("Trans woman"),
        Gender.TRANS_MAN: N_("Trans man"),
        Gender.OTHER: N_("Other"),
        Gender.NOT_SAID: N_("Not said"),
    }
)

SUBSTANCE: Mapping[Substance, str] = MappingProxyType(
    {
        Substance.HEROIN: N_("Heroin"),
        Substance.METHAMPHETAMINE: N_("Methamphetamine (ice, yama)"),
        Substance.INHALANTS: N_("Glue or other inhalants"),
        Substance.KETAMINE: N_("Ketamine"),
        Substance.MDMA: N_("MDMA (ecstasy)"),
        Substance.CANNABIS: N_("Cannabis"),
        Substance.TABLETS: N_("Sleeping or calming tablets"),
        Substance.ALCOHOL: N_("Alcohol"),
        Substance.OTHER: N_("Something else"),
    }
)

HEARD_FROM: Mapping[HeardFrom, str] = MappingProxyType(
    {
        HeardFrom.OUTREACH: N_("An outreach worker"),
        HeardFrom.PEER: N_("A peer"),
        HeardFrom.CARD: N_("A card"),
        HeardFrom.COMMUNE_OFFICE: N_("A commune office"),
        HeardFrom.HOSPITAL: N_("A hospital"),
        HeardFrom.FAMILY: N_("Family"),
        HeardFrom.SELF: N_("Found us alone"),
    }
)

NEED: Mapping[Need, str] = MappingProxyType(
    {
        Need.ESCORT: N_("Somebody to come along"),
        Need.CHILDCARE: N_("Childcare"),
        Need.WOMENS_HOUR: N_("Women's hour"),
    }
)

DETAIL: Mapping[Detail, str] = MappingProxyType(
    {
        Detail.HEALTH: N_("General health"),
        Detail.HEALTH_HIV: N_("HIV"),
        Detail.DRUG_USE: N_("Drug use"),
        Detail.MENTAL_HEALTH: N_("Mental health"),
        Detail.LEGAL: N_("Legal situation and papers"),
    }
)

NOTE_KIND: Mapping[NoteKind, str] = MappingProxyType(
    {
        NoteKind.NOTE: N_("Note"),
        NoteKind.MET: N_("Met"),
        NoteKind.PHONED: N_("Spoke by phone"),
        NoteKind.VISITED: N_("Visited"),
        NoteKind.TRIED: N_("Tried to reach, without success"),
    }
)

ERASURE_REASON: Mapping[ErasureReason, str] = MappingProxyType(
    {
        ErasureReason.ASKED: N_("The person asked for it"),
        ErasureReason.MISTAKE: N_("It was written down by mistake"),
        ErasureReason.DUPLICATE: N_("The person is written down twice"),
    }
)

EPISODE_END: Mapping[EpisodeEnd, str] = MappingProxyType(
    {
        EpisodeEnd.COMPLETED: N_("Completed"),
        EpisodeEnd.MOVED_ON: N_("Moved on to something else"),
        EpisodeEnd.TRANSFERRED: N_("Transferred to another service"),
        EpisodeEnd.DETAINED: N_("Detained"),
        EpisodeEnd.DIED: N_("Died"),
        EpisodeEnd.LEFT: N_("Left; welcome back at any time"),
        EpisodeEnd.OTHER: N_("Another reason"),
    }
)
