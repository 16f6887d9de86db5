"""The words of an accounting. What the audit calls by a name of the program is told as what people do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from referrals.disclosures.rules import What
from referrals.life.disclosure import Part

TITLE = N_("Who was told what, and who read the record")
WHAT: Mapping[What, str] = MappingProxyType(
    {
        What.SENT: N_("Sent: the first part, without a name"),
        What.RELEASED: N_("Accepted: the second part opened to them"),
        What.OPENED: N_("First read there"),
        What.WRITTEN: N_("A message in confidence to them"),
        What.TAKEN: N_("They took the person into their own records"),
        What.CLOSED: N_("Closed: they can open nothing of it any more"),
    }
)
PART: Mapping[Part, str] = MappingProxyType(
    {
        Part.TRIAGE: N_(
            "The first part: service, urgency, age group, language, khan, needs, answers that were allowed"
        ),
        Part.IDENTITY: N_("The second part: %(told)s"),
    }
)
PURPOSE = N_("So that the programme can receive the person, by the permission of %(day)s (%(how)s)")
OTHER_ACTION = N_("Worked with the record")
