from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.journeys.house import House, house_open
from tests.journeys.visitor import Visitor
from tests.logs import complaints
from tests.network import Network, Person
from tests.plugins.browser import PHONE, NewPage

Visit = Callable[..., Visitor]
OTHERS = r"entries of the audit waited to be sealed"
"""Those of earlier tests, which had no worker."""


@pytest.fixture(scope="package")
def house(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Spean itself, running. It ends with this package's tests, so that its worker takes nobody else's work."""
    with house_open(network, tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(autouse=True)
def quiet_logs(house: House) -> Iterator[None]:
    """A journey ends with logs that complain of nothing, whatever the pages looked like."""
    yield
    assert complaints(house.folder, but=[OTHERS]) == []


@pytest.fixture(scope="package")
def examined() -> set[tuple[str, ...]]:
    """Pages that were held to the standard already, by whichever journey came first."""
    return set()


@pytest.fixture
def visit(house: House, new_page: NewPage, examined: set[tuple[str, ...]]) -> Visit:
    """A browser for somebody, signed in by the form."""

    def arrive(person: Person, *, width: int = PHONE) -> Visitor:
        visitor = Visitor(house, person, new_page(language="en", width=width), examined=examined)
        visitor.sign_in()
        return visitor

    return arrive
