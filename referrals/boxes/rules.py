"""What counts as a referral's reference when a person types it."""

from __future__ import annotations

import re

from app.core import ids
from app.core.text import digits, visible

_SEPARATORS = re.compile(r"[\s\-.]")
_REFERENCE = re.compile(f"R?([{ids.ALPHABET}]{{7}})")


def reference(text: str) -> str | None:
    """The reference as both sides write it, R-8KQ2M7T, from any case, Khmer digits, with or without "R-"."""
    typed = _SEPARATORS.sub("", digits(visible(text))).upper()
    found = _REFERENCE.fullmatch(typed)
    return f"R-{found[1]}" if found else None
