"""What a published cut says, as rows for a picture and its table, with a sentence for whatever is pooled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import N_
from orgs.programmes.words import SERVICE
from orgs.words import HEARD_FROM
from referrals.uptake.measures import CASCADE, MEASURE, NOTE, Level, Measure
from referrals.uptake.tree import OTHERS, UNKNOWN, by_service

Cut = Mapping[str, Any]

_WORDS: Mapping[str, Mapping[str, str]] = {
    Level.SERVICE: {str(key): words for key, words in SERVICE.items()},
    Level.SOURCE: {str(key): words for key, words in HEARD_FROM.items()},
}
_OTHERS = {
    Level.KHAN: N_("Other khans"),
    Level.SERVICE: N_("Other services"),
    Level.SANGKAT: N_("Other sangkats"),
    Level.SOURCE: N_("Other ways"),
}
_NOT_SAID = N_("Not said")
_ALL = N_("Phnom Penh, all together")
_POOLED_SERVICES = N_("Other services, and the khans of which services are not shown, are counted together.")


@dataclass(frozen=True)
class Label:
    """What a row is called: an area by its code, or words to translate."""

    area: str | None = None
    words: str = ""


@dataclass(frozen=True)
class Row:
    """One number; None where too few people were counted to show one."""

    label: Label
    count: int | None


@dataclass(frozen=True)
class Picture:
    """Rows in the order in which they are drawn, and sentences (gettext ids with the parameter k)."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def areas(self) -> frozenset[str]:
        """The codes whose names are needed."""
        return frozenset(row.label.area for row in self.rows if row.label.area)


@dataclass(frozen=True)
class Branch:
    """A khan with its services, as far as they may be shown."""

    label: Label
    picture: Picture


def cascade(cut: Cut) -> Picture:
    """From referred to completed, over the whole city."""
    counts = {measure: _count(cut, measure) for measure in CASCADE}
    rows = tuple(Row(Label(words=MEASURE[measure]), count) for measure, count in counts.items())
    return Picture(rows, (NOTE["hidden"],) if None in counts.values() else ())


def by_khan(cut: Cut) -> Picture:
    """People referred, by the khan where they stay; largest first, what is pooled last."""
    return _split(cut["measures"][Measure.REFERRED], Level.KHAN)


def by_services(cut: Cut) -> Picture:
    """People referred, by kind of service, over all khans of which services are shown."""
    city = cut["measures"][Measure.REFERRED]
    if city is None:
        return _hidden()
    counts = by_service(city)
    if set(counts) == {OTHERS}:
        return Picture((Row(Label(words=_ALL), city["count"]),), (NOTE["unsplit.service"],))
    rows = tuple(Row(_label(Level.SERVICE, key), count) for key, count in counts.items())
    return Picture(rows, (_POOLED_SERVICES,) if OTHERS in counts else ())


def heard(cut: Cut) -> Picture:
    """How people heard of the programmes they came to."""
    return _split(cut["measures"][Measure.HEARD], Level.SOURCE)


def branches(cut: Cut) -> tuple[Branch, ...]:
    """The services inside each khan that is shown."""
    return tuple(_branches(cut["measures"][Measure.REFERRED]))


def _branches(city: Mapping[str, Any] | None) -> Iterator[Branch]:
    for khan in (city or {}).get("parts", ()):
        if khan["key"] not in {OTHERS, UNKNOWN}:
            yield Branch(_label(Level.KHAN, khan["key"]), _split(khan, Level.SERVICE))


def _count(cut: Cut, measure: Measure) -> int | None:
    root = cut["measures"][measure]
    return None if root is None else int(root["count"])


def _split(node: Mapping[str, Any] | None, level: Level) -> Picture:
    if node is None:
        return _hidden()
    if not node["parts"]:
        words = Label(words=_ALL if node["level"] == Level.CITY else N_("All services together"))
        return Picture((Row(words, node["count"]),), (NOTE[f"unsplit.{level}"],))
    ordered = sorted(node["parts"], key=lambda part: (part["key"] == OTHERS, -part["count"], part["key"]))
    rows = tuple(Row(_label(level, part["key"]), part["count"]) for part in ordered)
    pooled = any(part["key"] == OTHERS for part in ordered)
    return Picture(rows, (NOTE[f"others.{level}"],) if pooled else ())


def _hidden() -> Picture:
    return Picture((Row(Label(words=_ALL), None),), (NOTE["hidden"],))


def _label(level: Level, key: str) -> Label:
    if key == OTHERS:
        return Label(words=_OTHERS[level])
    if key == UNKNOWN:
        return Label(words=_NOT_SAID)
    return Label(words=_WORDS[level].get(key, key)) if level in _WORDS else Label(area=key)
