"""Where a line of Khmer may break on paper."""

from __future__ import annotations

import re

BREAK = "\u200b"

_CLUSTER = re.compile(
    "[\u1780-\u17b3]"  # a letter
    "(?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd\u200c\u200d])*"  # what hangs on it
    "(?:[\u1780-\u17b3][\u17cb-\u17cd])*"  # a shortened or silent letter, which ends the syllable before it
    "[\u17d4-\u17da]*"  # and punctuation, which never starts a line
)
_RUN = re.compile("[\u1780-\u17dd\u200c\u200d]{2,}")


def breakable(text: str) -> str:
    """The text with an invisible break (U+200B) after every cluster of letters.

    Khmer puts no spaces between words, and PDF writers break at any character, which tears a vowel from its
    consonant. Text whose author typed breaks between words keeps those, and gets no others.
    """
    if BREAK in text:
        return text
    return _RUN.sub(lambda run: BREAK.join(_pieces(run[0])), text)


def _pieces(run: str) -> list[str]:
    """Clusters, with whatever belongs to none of them left on the one before."""
    ends = [found.end() for found in _CLUSTER.finditer(run)]
    starts = [0, *ends[:-1]]
    pieces = [run[start:end] for start, end in zip(starts, ends, strict=True)] if ends else [""]
    return [*pieces[:-1], pieces[-1] + run[ends[-1] if ends else 0 :]]
