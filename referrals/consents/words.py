"""The words people read for how a permission was given."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from referrals.consents.rules import Guardian, How

HOW: Mapping[How, str] = MappingProxyType(
    {
        How.SPOKEN_WITNESSED: N_("Spoken, before a staff witness"),
        How.THUMBPRINT: N_("Thumbprint on paper"),
        How.SIGNATURE: N_("Signature on paper"),
    }
)

GUARDIAN: Mapping[Guardian, str] = MappingProxyType(
    {
        Guardian.INVOLVED: N_("A guardian was involved"),
        Guardian.NONE_THERE: N_("No: there is no guardian"),
        Guardian.NOT_SAFE: N_("No: it would not be safe for the person"),
        Guardian.NOT_WANTED: N_("No: the person does not want it"),
        Guardian.NOT_REACHED: N_("No: the guardian could not be reached"),
    }
)
