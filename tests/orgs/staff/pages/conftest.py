from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests import pages
from tests.network import Network


@pytest.fixture(scope="package")
def site(network: Network) -> Flask:
    return pages.site(network)


@pytest.fixture
def csrf_site(site: Flask) -> Iterator[Flask]:
    """The same with its guard up."""
    site.config["WTF_CSRF_ENABLED"] = True
    yield site
    site.config["WTF_CSRF_ENABLED"] = False
