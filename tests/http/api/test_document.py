from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.network import Network, Person
from tests.pages import client_for, site
from tests.plugins.browser import DESK, PHONE, fits, violations

DOCUMENT, DOCS = "/api/v1/openapi.json", "/api/v1/docs"


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def worker(network: Network) -> Person:
    return network.organisation().person("caseworker")


def test_the_document_names_every_route_and_how_it_fails(app: Flask, worker: Person) -> None:
    answer = client_for(app, worker).get(DOCUMENT)
    document = answer.json
    assert (answer.content_type, document["openapi"]) == ("application/json", "3.1.0")
    written = {
        (method.upper(), path.replace("{", "<").replace("}", ">"))
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    served = {
        (method, rule.rule.replace("uuid:", ""))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.rule not in {DOCUMENT, DOCS}
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert written == served
    assert document["security"] == [{"token": []}, {"browser": []}]
    error = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(error) == ["application/problem+json"]
    tags = {tag["name"] for tag in document["tags"]}
    assert {path.split("/")[3] for path in document["paths"]} == tags
    for operations in document["paths"].values():
        for operation in (one for method, one in operations.items() if method != "parameters"):
            assert operation["summary"]
            assert set(operation["tags"]) <= tags


def test_the_page_is_for_who_is_signed_in(app: Flask, network: Network, worker: Person) -> None:
    stranger = client_for(app).get(DOCS)
    assert (stranger.status_code, stranger.mimetype) == (303, "text/html")
    assert client_for(app).get(DOCUMENT).status_code == 401
    assert client_for(app, network.organisation("commune").person("official")).get(DOCS).status_code == 404
    assert client_for(app, worker).get(DOCS).status_code == 200


@pytest.mark.browser
@pytest.mark.parametrize("language", ["km", "en"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_draws_the_document(
    app: Flask, network: Network, live: Any, new_page: Any, language: str, width: int
) -> None:
    person = network.organisation().person("caseworker", language=language)
    page, address = new_page(language=language, width=width), live(app)
    page.context.add_cookies([{"name": "spean", "value": f"s.{person.token}", "url": address}])
    page.goto(address + DOCS)
    operation = page.locator(".opblock-summary-control").first
    operation.wait_for()
    assert violations(page) == []
    operation.click()
    page.locator(".opblock-body .responses-table").first.wait_for()
    assert violations(page) == []
    assert fits(page)
