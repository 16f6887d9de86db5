"""Whether the web answers, as the launcher asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from app.factory import create_app
from app.http.session import database
from tests.network import Network
from tests.pages import client_for, site


def without(network: Network, **settings: str) -> Flask:
    app = create_app(replace(network.servers.settings, **settings))  # type: ignore[arg-type]
    app.testing = True
    with app.app_context():
        network.servers.opened(database.engines.values())
    return app


def test_anybody_is_told_ok_and_nothing_else(network: Network) -> None:
    app = site(network)
    for person in (None, network.steward, network.organisation("commune").person("official")):
        answer = client_for(app, person).get("/up")
        assert (answer.status_code, answer.text) == (200, "ok\n")
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert client_for(app).post("/up").status_code != 200


def test_redis_may_be_away(network: Network) -> None:
    assert without(network, redis_url="redis://127.0.0.1:1/0").test_client().get("/up").text == "ok\n"


@pytest.mark.parametrize("url", ["postgresql://x:x@127.0.0.1:1/x"])
def test_a_database_that_is_away_is_503(network: Network, url: str) -> None:
    answer = without(network, web_url=url, public_url=url).test_client().get("/up")
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")
