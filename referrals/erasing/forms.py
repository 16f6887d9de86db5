"""What is asked before a record is erased."""

from __future__ import annotations

from app.http.forms import RadiosField, Required, TickField, _l, choices
from orgs.clients.forms import VersionForm
from orgs.facts import ErasureReason
from orgs.words import ERASURE_REASON


class EraseForm(VersionForm):
    """A reason, and a tick: nobody erases by a slip of the thumb."""

    why = RadiosField(_l("Why is it erased?"), [Required(_l("Choose why."))], choices=choices(ERASURE_REASON))
    sure = TickField(
        _l("I have read this. The record is to be erased for good."), [Required(_l("Tick this to go on."))]
    )

    def reason(self) -> ErasureReason:
        return ErasureReason(self.why.data)
