"""What marshmallow finds wrong with the shape of what was sent, as sentences in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext

from app.core.errors import N_

_PLACES = frozenset({"json", "query", "headers", "path", "form"})
_WHOLE = "_schema"
_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"Missing data for required field\.", N_("This is missing.")),
        (r"Field may not be null\.", N_("This may not be empty.")),
        (r"Unknown field\.", N_("There is no such field.")),
        (r"Must be one of: (?P<choices>.*)\.", N_("Choose one of: %(choices)s.")),
        (r"Not a valid integer\.|Number too large\.", N_("Give a whole number.")),
        (r"Not a valid boolean\.", N_("Give true or false.")),
        (r"Not a valid string\.|Not a valid utf-8 string\.", N_("Give a text.")),
        (r"Not a valid UUID\.", N_("Give an identifier (a UUID).")),
        (r"Not a valid aware datetime\.", N_("Give the time with its offset, such as 2026-11-22T14:30:00+07:00.")),
        (r"Not a valid datetime\.", N_("Give a time such as 2026-11-22T14:30:00+07:00.")),
        (r"Not a valid list\.", N_("Give a list.")),
        (r"Not a valid mapping type\.|Invalid input type\.", N_("Give an object.")),
        (r"Longer than maximum length (?P<count>\d+)\.", N_("Give at most %(count)s.")),
        (r"Shorter than minimum length (?P<count>\d+)\.", N_("Give at least %(count)s.")),
        (r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.", N_("Give between %(least)s and %(most)s.")),
        (
            r"Must be greater than or equal to (?P<least>.+) and less than or equal to (?P<most>.+)\.",
            N_("Give between %(least)s and %(most)s."),
        ),
        (r"Must be greater than or equal to (?P<count>.+)\.", N_("Give at least %(count)s.")),
        (r"Must be less than or equal to (?P<count>.+)\.", N_("Give at most %(count)s.")),
        (r"String does not match expected pattern\.|Not a valid .+\.|Invalid .+\.", N_("This has not the right form.")),
    )
)
"""marshmallow's own messages. What a schema says itself is a msgid and is translated as it stands."""


def faults(messages: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each field at fault by its path, such as "record.facts.birth_year"; "" is the whole body."""
    return [
        {"field": ".".join(path), "detail": sentence}
        for place, found in messages.items()
        for path, sentence in _walk((), found if place in _PLACES else {place: found})
    ]


def _walk(path: tuple[str, ...], found: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(found, Mapping):
        for key, inner in found.items():
            yield from _walk(path if key == _WHOLE else (*path, str(key)), inner)
    elif isinstance(found, list | tuple):
        for one in found:
            yield from _walk(path, one)
    else:
        yield path, _said(str(found))


def _said(message: str) -> str:
    for pattern, sentence in _SAID:
        match = pattern.fullmatch(message)
        if match:
            return str(gettext(sentence, **match.groupdict()))
    return str(gettext(message))
