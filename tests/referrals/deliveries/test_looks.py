"""A manager's list and the steward's counts in a real browser: accessible, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask, render_template_string

from app.http.session import actor, transaction
from referrals.deliveries import queries, shown
from tests.cast import Cast
from tests.network import Network, Person
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

pytestmark = pytest.mark.browser

STATUS = """{% extends "layout.html" %}{% block title %}Status{% endblock %}{% block content %}
<h1 class="govuk-heading-l">Status</h1>{% include "deliveries/counts.html" %}{% endblock %}"""


def status() -> str:
    with transaction() as session:
        return render_template_string(STATUS, deliveries=shown.lines(queries.counts(session, actor())))


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_the_list_and_the_counts_are_accessible_and_fit(
    network: Network, refused: tuple[Cast, UUID], new_page: NewPage, live: Callable[[Flask], str], language: str,
    width: int,
) -> None:  # fmt: skip
    manager = refused[0].clinic.manager
    assert manager is not None
    app = site(network)
    app.add_url_rule("/status-of-a-test", "status_of_a_test", status)
    address = live(app)

    def looks_well(person: Person, path: str) -> None:
        page = new_page(language=language, width=width)
        cookie = {"name": "spean", "value": f"s.{person.token}", "domain": urlsplit(address).hostname, "path": "/"}
        page.context.add_cookies([cookie])
        with person.speaking(language):
            page.goto(address + path)
            assert violations(page) == []
            assert fits(page)

    looks_well(manager, "/staff/undelivered")
    looks_well(network.steward, "/status-of-a-test")
