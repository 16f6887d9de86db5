from __future__ import annotations

from dataclasses import replace

import pytest

from app.factory import create_app
from tests.network import Servers


@pytest.mark.parametrize(("path", "kind"), [("/clients", "text/html"), ("/api/v1/clients", "application/problem+json")])
def test_a_database_that_is_away_gets_a_sentence(servers: Servers, path: str, kind: str) -> None:
    nowhere = "postgresql://spean_web:x@127.0.0.1:9/spean"
    app = create_app(replace(servers.settings, web_url=nowhere, public_url=nowhere))
    client = app.test_client()
    client.set_cookie("spean", "s.whoever")
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert answer.mimetype == kind
    assert "Try again in a moment" in answer.text
    assert "127.0.0.1" not in answer.text
