"""What the page of a shown slip sends back."""

from __future__ import annotations

from wtforms import HiddenField

from app.http.forms import SpeanForm


class ArriveForm(SpeanForm):
    """The code once more, because nothing remembers it, and which version of the referral was seen."""

    code = HiddenField()
    version = HiddenField()

    @property
    def version_read(self) -> int:
        """-1, which is never current, when it was tampered with."""
        return int(self.version.data) if str(self.version.data).isdecimal() else -1
