from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask, request

from app.factory import create_app
from app.http import turns
from app.http.session import database
from tests.network import Servers


def _seen_by(app: Flask) -> tuple[str | None, str]:
    with app.app_context():
        for engine in database.engines.values():
            engine.dispose()
    app.add_url_rule("/seen", "http.seen", lambda: {"address": request.remote_addr, "scheme": request.scheme})
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    answer = app.test_client().get("/seen", headers=headers).get_json()
    return answer["address"], answer["scheme"]


@pytest.mark.parametrize(("proxies", "seen"), [(0, ("127.0.0.1", "http")), (1, ("203.0.113.9", "https"))])
def test_a_visitors_address_is_believed_only_behind_our_own_proxy(
    servers: Servers, proxies: int, seen: tuple[str, str]
) -> None:
    app = create_app(replace(servers.settings, proxies=proxies))
    assert _seen_by(app) == seen


def test_requests_are_worked_on_by_turns(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_PATIENCE_S", 60)  # however slow the machine is
    app, at_work, most = create_app(servers.settings), 0, 0

    def work() -> str:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        time.sleep(0.02)
        at_work -= 1
        return "done"

    with app.app_context():
        for engine in database.engines.values():
            engine.dispose()
    app.add_url_rule("/work", "http.work", work)
    with ThreadPoolExecutor(4) as crew:
        answers = list(crew.map(lambda _: app.test_client().get("/work").text, range(4)))
    assert answers == ["done"] * 4
    assert most == 1
