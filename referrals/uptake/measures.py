"""What is counted, and at which levels of the one tree."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.core.errors import N_


class Measure(StrEnum):
    REFERRED = "referred"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    WALK_IN = "walk_in"
    """Came without a referral."""
    HEARD = "heard"
    """Came at all, by how they heard of it."""


CASCADE = (Measure.REFERRED, Measure.ACCEPTED, Measure.ARRIVED, Measure.COMPLETED)


class Level(StrEnum):
    CITY = "city"
    KHAN = "khan"
    SERVICE = "service"
    SANGKAT = "sangkat"
    SOURCE = "source"


MEASURE: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.REFERRED: N_("Referred"),
        Measure.ACCEPTED: N_("Accepted"),
        Measure.ARRIVED: N_("Arrived"),
        Measure.COMPLETED: N_("Completed"),
        Measure.WALK_IN: N_("Came without a referral"),
        Measure.HEARD: N_("How people heard of the programme"),
    }
)

NOTE: Mapping[str, str] = MappingProxyType(
    {
        "others.khan": N_("The other khans together: some of them counted fewer than %(k)s people."),
        "others.service": N_("The other services together: some of them counted fewer than %(k)s people."),
        "others.sangkat": N_("The other sangkats together: some of them counted fewer than %(k)s people."),
        "others.source": N_("All other ways together: some of them counted fewer than %(k)s people."),
        "unsplit.khan": N_("Not shown by khan: too few people were counted to keep them unrecognised."),
        "unsplit.service": N_("Not shown by service: too few people were counted to keep them unrecognised."),
        "unsplit.sangkat": N_("Not shown by sangkat: too few people were counted to keep them unrecognised."),
        "unsplit.source": N_("Not shown in parts: too few people were counted to keep them unrecognised."),
        "unknown.khan": N_("The khan was not said."),
        "unknown.service": N_("The service was not said."),
        "unknown.sangkat": N_("The sangkat was not said."),
        "unknown.source": N_("How they heard of it was not said."),
        "hidden": N_("Fewer than %(k)s people were counted, so no number is shown."),
    }
)
"""A plain sentence for each note of a published tree. The parameter k is the tree's own."""
