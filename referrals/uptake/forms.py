"""The steward's choice of how often uptake is published."""

from __future__ import annotations

from app.core.errors import N_
from app.http.forms import HiddenField, RadiosField, Required, SpeanForm, _l, choices
from referrals.uptake.periods import Kind
from referrals.uptake.queries import Frequency

_KINDS = {Kind.MONTH: N_("Every month"), Kind.QUARTER: N_("Every quarter (three months)")}
_HINTS = {
    Kind.MONTH: N_("Newer numbers, but fewer of them can be shown."),
    Kind.QUARTER: N_("More numbers can be shown. A quarter that has begun in months is finished in months."),
}


class ReleaseKindForm(SpeanForm):
    kind = RadiosField(
        _l("How often is uptake published?"), [Required(_l("Choose months or quarters."))],
        choices=choices(_KINDS, hints=_HINTS),
    )  # fmt: skip
    version = HiddenField()

    def show(self, now: Frequency) -> None:
        """Begin with what holds today."""
        self.kind.data, self.version.data = now.kind.value, str(now.version)

    @property
    def seen_version(self) -> int:
        """The version that the person had before them; 0, which never holds, if the page was tampered with."""
        return int(self.version.data) if str(self.version.data).isdecimal() else 0
