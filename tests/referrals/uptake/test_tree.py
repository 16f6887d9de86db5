"""The publication rule: examples that can be read, then properties over whatever hypothesis invents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referrals.uptake.measures import MEASURE, NOTE, Measure
from referrals.uptake.tree import (
    OTHERS,
    TREE,
    UNKNOWN,
    Fact,
    Node,
    _gather,
    by_service,
    cut,
    deal,
    grow,
    round_to,
)

A, B, C, D = "1201", "1202", "1203", "1204"


def facts(
    khan: str | None,
    service: str | None,
    sangkat: str | None,
    people: int,
    *,
    first: int = 0,
    measure: Measure = Measure.REFERRED,
) -> list[Fact]:
    """Distinct people, numbered from `first` within the leaf unless a shared number is asked for."""
    mark = f"{khan}/{service}/{sangkat}" if first == 0 else "shared"
    return [
        Fact(measure, f"{mark}:{number}".encode(), khan=khan, service=service, sangkat=sangkat)
        for number in range(first, first + people)
    ]


def referred(*leaves: list[Fact]) -> Any:
    return cut([fact for leaf in leaves for fact in leaf])["measures"]["referred"]


def summary(node: Any) -> Any:
    """key and count, and the parts below: short enough to read."""
    head = f"{node['key']} {node['count']}"
    return {head: [summary(part) for part in node["parts"]]} if node["parts"] else head


def test_large_areas_are_shown_apart() -> None:
    tree = referred(facts(A, "tb", "120101", 20), facts(B, "tb", "120201", 15))
    assert summary(tree) == {
        "city 35": [
            {"1201 20": [{"tb 20": ["120101 20"]}]},
            {"1202 15": [{"tb 15": ["120201 15"]}]},
        ]
    }


def test_small_areas_are_pooled_when_two_reach_ten() -> None:
    tree = referred(
        facts(A, "tb", None, 40), facts(B, "tb", None, 6), facts(C, "tb", None, 4), facts(D, "tb", None, 20)
    )
    assert summary(tree) == {"city 70": [{"1201 40": ["tb 40"]}, {"1204 20": ["tb 20"]}, "others 10"]}
    assert tree["parts"][-1]["note"] == "others.khan"


def test_a_single_small_area_takes_the_smallest_other_along() -> None:
    tree = referred(facts(A, "tb", None, 40), facts(B, "tb", None, 20), facts(C, "tb", None, 3))
    assert summary(tree) == {"city 65": [{"1201 40": ["tb 40"]}, "others 25"]}


def test_where_nothing_is_left_to_name_the_node_stays_whole() -> None:
    tree = referred(facts(A, "tb", None, 40), facts(B, "tb", None, 3))
    assert summary(tree) == "city 45"
    assert tree["note"] == "unsplit.khan"


def test_fewer_than_ten_in_the_city_are_not_shown_at_all() -> None:
    assert referred(facts(A, "tb", None, 9)) is None
    assert summary(referred(facts(A, "tb", None, 10))) == {"city 10": [{"1201 10": ["tb 10"]}]}


def test_the_same_ten_people_counted_twice_are_still_ten() -> None:
    """Five people in two services are not ten people."""
    shared = [
        *facts(A, "tb", None, 5, first=100),
        *facts(A, "sti", None, 5, first=100),
        *facts(A, "art", None, 12),
    ]
    tree = referred(shared, facts(B, "tb", None, 30))
    khan = next(part for part in tree["parts"] if part["key"] == A)
    assert khan["parts"] == [], "tb and sti together are five people"
    assert khan["note"] == "unsplit.service"


def test_those_who_did_not_say_are_a_part_but_not_an_area() -> None:
    tree = referred(facts(A, "tb", None, 40), facts(B, "tb", None, 9), facts(None, "tb", None, 9))
    assert summary(tree) == "city 60", "one small area and the unknown would give the area away"
    tree = referred(facts(A, "tb", None, 40), facts(None, "tb", None, 12))
    assert [part["key"] for part in tree["parts"]] == [A, UNKNOWN]
    assert tree["parts"][1]["note"] == "unknown.khan"


def test_a_level_that_nobody_knows_is_left_out_without_a_word() -> None:
    tree = referred(facts(A, "tb", None, 40))
    assert tree["parts"][0]["parts"][0] == {"level": "service", "key": "tb", "count": 40, "note": None, "parts": []}


def test_how_people_heard_is_a_tree_of_its_own() -> None:
    heard = [
        Fact(Measure.HEARD, f"{source}{number}".encode(), source=source)
        for source, people in (("outreach", 30), ("commune_office", 12), ("card", 3), ("peer", 8))
        for number in range(people)
    ]
    tree = cut(heard)["measures"]["heard"]
    assert summary(tree) == {"city 55": ["commune_office 15", "outreach 30", "others 10"]}
    assert tree["parts"][-1]["note"] == "others.source"


def test_services_over_the_city_are_sums_of_what_is_shown() -> None:
    tree = referred(
        facts(A, "tb", None, 20),
        facts(A, "sti", None, 10),
        facts(B, "tb", None, 15),
        facts(B, "art", None, 3),
        facts(C, "art", None, 6),
        facts(D, "art", None, 6),
    )
    assert by_service(tree) == {"tb": 20, "sti": 10, OTHERS: 30}
    assert sum(by_service(tree).values()) == tree["count"]
    assert by_service(referred(facts(A, "tb", None, 40), facts(B, "tb", None, 3))) == {OTHERS: 45}


def test_every_measure_is_there_even_with_nothing_to_show() -> None:
    published = cut([])
    assert published == {"k": 10, "rounded_to": 5, "measures": dict.fromkeys(Measure)}
    assert set(MEASURE) == set(Measure)


@pytest.mark.parametrize("k", [0, 3, 12, -10])
def test_k_fits_the_rounding(k: int) -> None:
    with pytest.raises(ValueError, match="multiple of 5"):
        cut([], k=k)


@pytest.mark.parametrize(("number", "rounded"), [(10, 10), (12, 10), (13, 15), (17, 15), (18, 20)])
def test_rounding(number: int, rounded: int) -> None:
    assert round_to(number) == rounded


leaves = st.tuples(
    st.sampled_from([A, B, C, D, None]),
    st.sampled_from(["tb", "sti", "art"]),
    st.sampled_from(["01", "02", "03", None]),
    st.integers(1, 30),
    st.sampled_from([0, 0, 1, 10]),
)
cities = st.lists(leaves, max_size=25).map(
    lambda drawn: [
        fact
        for khan, service, sangkat, people, first in drawn
        for fact in facts(khan, service, khan and sangkat and khan + sangkat, people, first=first)
    ]
)
ks = st.sampled_from([5, 10, 20])


def walk(node: Any) -> Iterator[Any]:
    yield node
    for part in node["parts"]:
        yield from walk(part)


def grown(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from grown(part)


@settings(max_examples=200)
@given(cities, ks)
def test_no_part_holds_fewer_than_k_distinct_people(city: list[Fact], k: int) -> None:
    root = grow(_gather(city, Measure.REFERRED, TREE), TREE, k)
    for node in grown(root) if root else ():
        assert len(node.clients) >= k
        if node.key == OTHERS:
            assert node.members >= 2
        if node.parts:
            assert frozenset().union(*(part.clients for part in node.parts)) == node.clients
            assert any(part.key not in {OTHERS, UNKNOWN} for part in node.parts)
            assert [part.key for part in node.parts].count(OTHERS) <= 1


@settings(max_examples=200)
@given(cities, ks)
def test_shown_counts_add_up_and_no_subtraction_yields_less_than_k(city: list[Fact], k: int) -> None:
    root = cut(city, k=k)["measures"]["referred"]
    for node in walk(root) if root else ():
        assert node["count"] % 5 == 0
        assert node["count"] >= k
        counts = [part["count"] for part in node["parts"]]
        assert not counts or sum(counts) == node["count"]
        for size in range(1, len(counts)):
            assert node["count"] - sum(sorted(counts, reverse=True)[:size]) >= k


@settings(max_examples=200)
@given(cities, ks)
def test_every_shown_count_is_within_five_of_the_truth(city: list[Fact], k: int) -> None:
    published = cut(city, k=k)["measures"]["referred"]
    exact = grow(_gather(city, Measure.REFERRED, TREE), TREE, k)
    assert (published is None) is (exact is None)
    if published and exact:
        for shown, node in zip(walk(published), grown(exact), strict=True):
            assert abs(shown["count"] - node.weight) < 5
        assert abs(published["count"] - exact.weight) <= 2


@given(cities, st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_facts_do_not_matter(city: list[Fact], random: Any) -> None:
    mixed = random.sample(city * 2, len(city) * 2)
    assert cut(mixed) == cut(city)


@given(cities)
def test_it_is_plain_json_and_names_nothing_but_shown_areas(city: list[Fact]) -> None:
    published = cut(city)
    text = json.dumps(published)
    assert json.loads(text) == published
    shown = {part["key"] for part in walk(published["measures"]["referred"] or {"key": "", "parts": []})}
    for area in (A, B, C, D):
        assert (f'"{area}"' in text) is (area in shown)
    assert not any(fact.client.decode() in text for fact in city)


@given(cities)
def test_every_note_is_a_sentence(city: list[Fact]) -> None:
    tree = cut(city)["measures"]["referred"]
    for node in walk(tree) if tree else ():
        assert node["note"] is None or NOTE[node["note"]] % {"k": 10}


@given(st.lists(st.integers(10, 60), min_size=1, max_size=8))
def test_dealing_rounds_each_up_or_down_and_keeps_the_sum(weights: list[int]) -> None:
    total = round_to(sum(weights))
    shares = deal(total, weights)
    assert sum(shares) == total
    assert all(share % 5 == 0 and abs(share - weight) < 5 for share, weight in zip(shares, weights, strict=True))
