"""How many years."""

from __future__ import annotations

from app.http.forms import NumberField, Required, _l
from orgs.clients.forms import VersionForm


class RetentionForm(VersionForm):
    client_years = NumberField(
        _l("Keep an archived record for"),
        [Required(_l("Say how many years."))],
        description=_l("From 1 to 15. Counted from the last time that anything was written."),
    )
