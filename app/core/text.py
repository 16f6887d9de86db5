"""How typed text is compared: Khmer digits are digits, and invisible characters do not count."""

from __future__ import annotations

import re
import unicodedata

_KHMER_DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))

_UNKEPT = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), *range(0xD800, 0xE000)])
"""Control characters but tab and line ends, and halves of surrogate pairs."""


def digits(text: str) -> str:
    """Khmer digits become Latin ones; all else stays. (NFKC does not do this.)"""
    return text.translate(_KHMER_DIGITS)


def visible(text: str) -> str:
    """Without zero-width characters, which Khmer keyboards put between words."""
    return text.translate(_INVISIBLE)


def kept(text: str) -> str:
    """Without what nobody types and no database takes, such as NUL."""
    return text.translate(_UNKEPT)


def tidy(text: str) -> str:
    """What is stored of one line of typed text: composed, one space between words, none around."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", kept(text))).strip()


def fold(text: str) -> str:
    """What is compared: tidy, without invisible characters, caseless, Latin digits."""
    return tidy(visible(digits(text))).casefold()
