"""The notice that travels with every packet: what was shared for one purpose is not passed on.

42 CFR 2.32 asks that such a notice accompany each disclosure made with a person's consent; the words are our own. A
version that has been used is never edited, so that what a receiver was told can be looked up: a test holds the
fingerprint. It bypasses gettext for the same reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Notice:
    """One version of the words, in both languages."""

    version: str
    km: str
    en: str

    @property
    def words(self) -> Mapping[str, str]:
        """By language, as the template filter `in_language` takes them."""
        return {"km": self.km, "en": self.en}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the words in both languages."""
        return hashlib.sha256(f"{self.km}\n{self.en}".encode()).hexdigest()


VERSIONS: Mapping[str, Notice] = MappingProxyType(
    {
        "2026-11": Notice(
            version="2026-11",
            # review: a native speaker of Khmer, with somebody who knows the law, must read this before it is used.
            km=(
                "បានចែករំលែកដោយមានការអនុញ្ញាតពីសាមីខ្លួន សម្រាប់តែកម្មវិធីនេះប៉ុណ្ណោះ។ កុំបញ្ជូនបន្ត កុំចម្លងឱ្យអ្នកដទៃ "
                "និងកុំប្រើវាប្រឆាំងនឹងសាមីខ្លួន លើកលែងតែសាមីខ្លួនអនុញ្ញាតជាថ្មី។"
            ),
            en=(
                "Shared with the person's permission, for this programme alone. Do not pass it on, do not copy it for "
                "others, and do not use it against the person, unless the person permits it anew."
            ),
        ),
    }
)
CURRENT = VERSIONS["2026-11"]
