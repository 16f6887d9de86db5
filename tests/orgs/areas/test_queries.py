from __future__ import annotations

from orgs.areas import queries
from tests.network import Network


def test_khans_and_their_sangkats(network: Network) -> None:
    with network.steward.transaction() as (session, _):
        assert [khan.code for khan in queries.khans(session)] == ["1201", "1208", "1212"]
        assert [area.en for area in queries.sangkats(session, "1208")] == ["Tuek Thla"]
        assert len(queries.sangkats(session)) == 3


def test_names_of_codes_leave_unknown_ones_out(network: Network) -> None:
    with network.steward.transaction() as (session, _):
        found = queries.area_names(session, ["1201", None, "9999"])
    assert {code: area.names["km"] for code, area in found.items()} == {"1201": "ចំការមន"}


def test_the_khan_of_a_code() -> None:
    assert [queries.khan_of(code) for code in ("120112", "1201", "12", None)] == ["1201", "1201", None, None]
