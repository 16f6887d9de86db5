"""Who may be answered once more: a request that has committed nothing but a look."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Moved
from app.http.session import looking, transaction
from tests.cast import cast
from tests.network import Network
from tests.pages import client_for, site

Block = Callable[[], AbstractContextManager[Session]]


def tries(network: Network, method: str, *blocks: Block) -> int:
    """How often a view is called that works in these blocks, the last of which meets another's step the first time."""
    pages, called = site(network), 0

    def view() -> str:
        nonlocal called
        called += 1
        for number, block in enumerate(blocks, 1):
            with block() as session:
                session.execute(text("SELECT 1"))
                if called == 1 and number == len(blocks):
                    raise Moved
        return "as things stand now"

    pages.add_url_rule("/met", "inbox.met", view, methods=[method])
    pages.config["PROPAGATE_EXCEPTIONS"] = False
    answered = client_for(pages, cast(network).nurse).open("/met", method=method)
    assert (answered.status_code == 200) == (called == 2)
    return called


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ((transaction,), 2),
        ((looking, transaction), 2),
        ((looking, looking), 2),
        ((transaction, transaction), 1),
        ((looking, transaction, transaction), 1),
    ],
)
def test_only_what_did_nothing_yet_is_begun_again(
    network: Network, method: str, blocks: tuple[Block, ...], expected: int
) -> None:
    assert tries(network, method, *blocks) == expected
