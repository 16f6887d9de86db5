"""SQL around the code, statement by statement: answered alike whether B's rows are there or not.

The statements follow from the catalogue (`sql.probes`). Some thousands are tried, as people of three kinds of roles.
"""

from __future__ import annotations

import pytest

from tests.walls.noninterference.play import Play
from tests.walls.noninterference.worlds import Stage

BUSY = (("create", 0), ("note", 0), ("walk", 1), ("draft", 0), ("consent", 0), ("consent", 0), ("send_it", 1),
        ("accept", 0), ("write", 0), ("ask_in", 0), ("tokens", 0))  # fmt: skip


@pytest.fixture(scope="module")
def busy(stage: Stage) -> Play:
    """A has a row of its own in every table, to copy and to point from."""
    play = Play(stage)
    for name, which in BUSY:
        assert play.act(name, which, "both").is_done, name
    play.tell()
    return play


@pytest.mark.parametrize("who", ["caseworker", "manager"])
def test_no_statement_tells_whether_bs_rows_are_there(busy: Play, who: str) -> None:
    ended = busy.sweep(who)
    assert sum(ended.values()) > 3000
    for kind in ("select", "exists", "lock", "update", "delete", "insert", "point", "call"):
        assert any(one.startswith(f"{kind} ") for one in ended), kind
    for kind in ("select", "exists", "lock", "update", "insert", "call"):
        assert ended[f"{kind} done"] > 0, kind
