from __future__ import annotations

import pytest

from tests.cast import Cast, cast
from tests.network import Network


@pytest.fixture(scope="module")
def people(network: Network) -> Cast:
    return cast(network)
