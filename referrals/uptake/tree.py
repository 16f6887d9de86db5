"""The rule by which counts become safe to publish.

One fixed tree, city → khan → service → sangkat, for each measure. A node is shown in parts only where every
part has at least k clients. Small siblings go into a remainder of at least two areas and at least k clients,
which takes in the smallest of the others if it must; where that leaves nothing to name, the node stays whole.
Counts are rounded to 5 and every total is the sum of what is shown below it, so that no subtraction yields a
number under k. What is pooled is not listed: not even which areas had anybody at all.

The method is cell suppression by recoding with controlled rounding (Hundepool et al., Statistical Disclosure
Control, 2012, chapters 4 and 5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from referrals.uptake.measures import Level, Measure

K = 10
ROUND_TO = 5
OTHERS, UNKNOWN = "others", "unknown"
TREE = (Level.KHAN, Level.SERVICE, Level.SANGKAT)
SOURCES = (Level.SOURCE,)


@dataclass(frozen=True)
class Fact:
    """One client, by pseudonym, counted for one measure in one place (None: not said)."""

    measure: Measure
    client: bytes
    khan: str | None = None
    service: str | None = None
    sangkat: str | None = None
    source: str | None = None


Clients = Mapping[tuple[str | None, ...], frozenset[bytes]]
"""Who was counted, by the path below the city."""


@dataclass(frozen=True)
class Node:
    """A part that may be shown. `members` (how many areas it takes in) and `clients` are never published."""

    level: Level
    key: str
    clients: frozenset[bytes]
    parts: tuple[Node, ...] = ()
    members: int = 1
    unsplit: Level | None = None
    """The level by which it would have been split, had there been enough."""

    @property
    def weight(self) -> int:
        """Clients, counted once in each of the parts that are shown."""
        return sum(part.weight for part in self.parts) if self.parts else len(self.clients)


def cut(facts: Iterable[Fact], *, k: int = K) -> dict[str, Any]:
    """The published form (plain JSON) of one closed period. A measure with fewer than k clients is None."""
    if k < ROUND_TO or k % ROUND_TO:
        raise ValueError(f"k must be a multiple of {ROUND_TO}")
    seen = list(facts)
    trees: dict[str, Any] = {}
    for measure in Measure:
        levels = SOURCES if measure is Measure.HEARD else TREE
        found = grow(_gather(seen, measure, levels), levels, k)
        trees[measure.value] = found and _published(found)
    return {"k": k, "rounded_to": ROUND_TO, "measures": trees}


def by_service(city: Mapping[str, Any]) -> dict[str, int]:
    """Services over the whole city: sums of what a published tree shows, and OTHERS for all the rest."""
    sums: dict[str, int] = defaultdict(int)
    for khan in city["parts"]:
        for part in khan["parts"] or [{"key": OTHERS, "count": khan["count"]}]:
            sums[part["key"]] += part["count"]
    rest = sums.pop(OTHERS, 0) + (0 if city["parts"] else city["count"])
    ordered = dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))
    return {**ordered, OTHERS: rest} if rest else ordered


def grow(clients: Clients, levels: Sequence[Level], k: int) -> Node | None:
    """The tree of what may be shown, before rounding; None below k."""
    everybody = _union(clients.values())
    if len(everybody) < k:
        return None
    return _grow(Level.CITY, "city", clients, levels, k)


def split(children: Mapping[str, frozenset[bytes]], k: int) -> tuple[list[str], list[str]] | None:
    """Which children may be named, and which are pooled; None if no area may be named.

    Largest first, so that the remainder takes in the smallest.
    """
    order = sorted(children, key=lambda key: (-len(children[key]), key))
    named = [key for key in order if len(children[key]) >= k]
    pooled = order[len(named) :]
    while pooled and not _may_be_pooled(pooled, children, k):
        if not named:
            return None
        pooled.insert(0, named.pop())
    return (named, pooled) if set(named) - {UNKNOWN} else None


def _may_be_pooled(keys: Sequence[str], children: Mapping[str, frozenset[bytes]], k: int) -> bool:
    areas = [key for key in keys if key != UNKNOWN]
    return len(areas) > 1 and len(_union(children[key] for key in keys)) >= k


def _grow(level: Level, key: str, clients: Clients, below: Sequence[Level], k: int) -> Node:
    everybody = _union(clients.values())
    if not below:
        return Node(level, key, everybody)
    branches: dict[str, dict[tuple[str | None, ...], frozenset[bytes]]] = defaultdict(dict)
    for path, people in clients.items():
        branches[UNKNOWN if path[0] is None else path[0]][path[1:]] = people
    parts = split({branch: _union(leaves.values()) for branch, leaves in branches.items()}, k)
    if parts is None:
        return Node(level, key, everybody, unsplit=below[0] if set(branches) - {UNKNOWN} else None)
    named, pooled = parts
    nodes = [_grow(below[0], branch, branches[branch], below[1:], k) for branch in sorted(named)]
    if pooled:
        rest = _union(people for branch in pooled for people in branches[branch].values())
        nodes.append(Node(below[0], OTHERS, rest, members=sum(branch != UNKNOWN for branch in pooled)))
    return Node(level, key, everybody, parts=tuple(nodes))


def _published(root: Node) -> dict[str, Any]:
    return _shown(root, round_to(root.weight))


def _shown(node: Node, count: int) -> dict[str, Any]:
    """The node as plain JSON, with `count` (a multiple of ROUND_TO) dealt out among its parts."""
    dealt = deal(count, [part.weight for part in node.parts])
    return {
        "level": node.level.value,
        "key": node.key,
        "count": count,
        "note": _note(node),
        "parts": [_shown(part, share) for part, share in zip(node.parts, dealt, strict=True)],
    }


def _note(node: Node) -> str | None:
    """The key in `measures.NOTE` of the sentence to be read with this node."""
    if node.unsplit:
        return f"unsplit.{node.unsplit}"
    return f"{node.key}.{node.level}" if node.key in {OTHERS, UNKNOWN} else None


def round_to(number: int) -> int:
    """To the nearest multiple of 5."""
    return (number + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def deal(total: int, weights: Sequence[int]) -> list[int]:
    """Round each weight up or down to a multiple of 5 so that they add up to `total`.

    `total` is the sum of the weights, itself rounded up or down. The largest remainders go up.
    """
    shares = [weight // ROUND_TO * ROUND_TO for weight in weights]
    up = (total - sum(shares)) // ROUND_TO
    nearest = sorted(range(len(weights)), key=lambda place: (shares[place] - weights[place], place))
    for place in nearest[:up]:
        shares[place] += ROUND_TO
    return shares


def _gather(facts: Iterable[Fact], measure: Measure, levels: Sequence[Level]) -> Clients:
    found: dict[tuple[str | None, ...], set[bytes]] = defaultdict(set)
    for fact in facts:
        if fact.measure is measure:
            found[tuple(getattr(fact, level) for level in levels)].add(fact.client)
    return {path: frozenset(people) for path, people in found.items()}


def _union(sets: Iterable[frozenset[bytes]]) -> frozenset[bytes]:
    return frozenset[bytes]().union(*sets)
