"""What counts as a referral's reference when a person types it."""

from __future__ import annotations

import re

from app.core import ids
from app.core.text import digits, visible

_SEPARATORS = re.compile(r"[\s\-.]")
_REFERENCE = re.compile(f"R?([{ids.ALPHABET}]{{7}})")
_AS_PRINTED = re.compile(r"\s*R\s*-", re.IGNORECASE)


def reference(text: str) -> str | None:
    """The reference as both sides write it, R-8KQ2M7T, from any case, Khmer digits, with or without "R-"."""
    typed = _SEPARATORS.sub("", digits(visible(text))).upper()
    found = _REFERENCE.fullmatch(typed)
    return f"R-{found[1]}" if found else None


def is_no_slip(text: str) -> bool:
    """Whether what was typed begins as only a reference does, "R-": a slip's code has its dash in the middle.

    Without the dash, R and seven signs may be either.
    """
    return reference(text) is not None and _AS_PRINTED.match(visible(text)) is not None
