"""What a privacy officer sees, in a real browser: in both languages, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from orgs.privacy.rules import FLOOR, Sign
from tests.cast import cast
from tests.network import Network
from tests.pages import client_for, site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_what_stands_out_is_accessible_and_fits(
    network: Network, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    app, people = site(network), cast(network)
    curious = people.ngo.person("outreach", name="Vanna")
    for _often in range(FLOOR[Sign.DENIALS]):
        client_for(app, curious).get(f"/clients/{people.client_id}")
    officer = people.ngo.person("privacy", language=language)
    page, address = new_page(language=language, width=width), live(app)
    page.context.add_cookies([{"name": "spean", "value": f"s.{officer.token}", "url": address}])
    page.goto(f"{address}/privacy")
    assert violations(page) == []
    assert fits(page)
    page.get_by_role("link", name="Vanna").click()
    assert page.locator("table tbody tr").count() > 0
    assert violations(page) == []
    assert fits(page)
