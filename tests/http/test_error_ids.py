"""The number of an error: on the page, in the problem document, in the log, and counted. "Told" only when it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from app.core.errors import Unready
from app.factory import create_app
from app.http.session import database, transaction
from tests.network import Network
from tests.pages import client_for, words_of
from tests.running import swept
from worker.context import Workshop

NUMBER = re.compile(r"E-[2-9A-HJ-KM-NP-TV-Z]{6}")
TOLD = "The network's steward sees that it happened."
SECRET = "Sokha 012 345 678"
ENGLISH = {"Accept-Language": "en"}


def failing(network: Network, **settings: str) -> Flask:
    """The real app, in which one page, one resource and one open page are broken."""
    app = create_app(replace(network.servers.settings, **settings))  # type: ignore[arg-type]
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.testing = True

    def broken(**_ids: object) -> str:
        with transaction() as session:
            session.connection()
            raise RuntimeError(SECRET)

    def broken_before_all() -> str:
        raise RuntimeError(SECRET)

    app.view_functions["organisations.everyone"] = broken
    app.view_functions["api_notices.Notices"] = broken
    app.view_functions["help.about"] = broken_before_all
    app.view_functions["uptake.latest"] = lambda: abort(500)
    app.view_functions["figures.show"] = lambda: (_ for _ in ()).throw(Unready)
    with app.app_context():
        network.servers.opened(database.engines.values())
    return app


def rows(network: Network) -> list[tuple[str, str, str]]:
    with network.servers.administrator() as looking:
        return looking.execute("SELECT id, kind, endpoint FROM sec.errors ORDER BY at").fetchall()  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def none_yet(network: Network) -> Iterator[None]:
    assert network.steward
    with network.servers.administrator() as staging:
        staging.execute("DELETE FROM sec.errors")
    yield
    with network.servers.administrator() as staging:
        staging.execute("DELETE FROM sec.errors")


@pytest.fixture
def client(network: Network) -> FlaskClient:
    return client_for(failing(network), network.steward)


def test_the_page_shows_a_number_that_the_log_bears_and_the_database_counts(
    network: Network, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/organisations", headers=ENGLISH)
    assert answer.status_code == 500
    (number,) = set(NUMBER.findall(answer.text))
    said = words_of(answer.text)
    assert "Nothing was saved." in said
    assert TOLD in said
    assert f"tell whoever runs Spean this number: {number}" in said
    assert rows(network) == [(number, "RuntimeError", "organisations.everyone")]
    (line,) = [record for record in caplog.records if number in record.getMessage()]
    assert line.getMessage() == f"{number} at organisations.everyone"
    assert "RuntimeError" in (line.exc_text or "")
    assert SECRET not in (line.exc_text or "") + answer.text


def test_who_brought_a_session_can_leave_at_once_from_a_broken_page(network: Network, client: FlaskClient) -> None:
    broken = client.get("/organisations", headers=ENGLISH)
    away = failing(network, web_url="postgresql://x:x@127.0.0.1:1/x").test_client()
    away.set_cookie("spean", "s.of-somebody")
    for answer, status in ((broken, 500), (away.get("/clients/", headers=ENGLISH), 503)):
        assert answer.status_code == status
        assert 'action="/leave"' in answer.text
        assert "Leave now" in words_of(answer.text)
        for word in ("sp-nav", "sp-bell", "sp-footer__person", "Sign in"):
            assert word not in answer.text
    stranger = failing(network).test_client().get("/about", headers=ENGLISH)
    assert stranger.status_code == 500
    assert "/leave" not in stranger.text


def test_the_problem_document_names_it_too(network: Network, client: FlaskClient) -> None:
    answer = client.get("/api/v1/notifications", headers=ENGLISH)
    assert answer.status_code == 500
    assert answer.json is not None
    assert [answer.json["error_id"]] == [number for number, *_ in rows(network)]
    assert answer.json["error_id"] in answer.json["detail"]
    assert TOLD in answer.json["detail"]


def test_the_steward_sees_how_many_and_where(network: Network, client: FlaskClient) -> None:
    for _ in range(3):
        client.get("/organisations")
    client.get("/api/v1/notifications")
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.errors SET at = at - interval '2 days' WHERE endpoint LIKE 'api%'")
    said = words_of(client.get("/status").text)
    assert "Today: 3. In seven days: 4." in said
    assert "Where in Spean organisations.everyone Kind RuntimeError Today 3 Seven days 3" in said
    assert "Where in Spean api_notices.Notices Kind RuntimeError Today 0 Seven days 1" in said


def test_a_fault_without_an_exception_is_logged_and_counted(
    network: Network, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/uptake")
    assert answer.status_code == 500
    (number,) = set(NUMBER.findall(answer.text))
    assert [(number, "uptake.latest")] == [(one, place) for one, _kind, place in rows(network)]
    assert number in caplog.text


def test_what_cannot_be_counted_is_not_said_to_be_told(network: Network, caplog: pytest.LogCaptureFixture) -> None:
    app = failing(network, web_url="postgresql://x:x@127.0.0.1:1/x")
    answer = app.test_client().get("/about", headers=ENGLISH)
    assert answer.status_code == 500
    (number,) = set(NUMBER.findall(answer.text))
    assert TOLD not in words_of(answer.text)
    assert number in caplog.text
    assert f"{number} could not be counted" in caplog.text


def test_a_flood_of_errors_is_not_counted_without_end(network: Network, client: FlaskClient) -> None:
    with network.servers.administrator() as staging:
        staging.execute(
            "INSERT INTO sec.errors (id, kind, endpoint) SELECT 'E-' || translate(lpad(to_hex(n), 6, '0'), '01abcdef',"
            " 'YZABCDEF'), 'x', 'x' FROM generate_series(1, 5000) n"
        )
    answer = client.get("/organisations", headers=ENGLISH)
    assert NUMBER.search(answer.text)
    assert TOLD not in words_of(answer.text)
    assert len(rows(network)) == 5000


def test_what_cannot_be_done_now_is_no_error_of_ours(network: Network, client: FlaskClient) -> None:
    answer = client.get("/figures", headers=ENGLISH)
    assert answer.status_code == 503
    assert not NUMBER.search(answer.text)
    assert rows(network) == []


def test_counts_are_kept_for_thirty_days(network: Network, client: FlaskClient) -> None:
    for _ in range(2):
        client.get("/organisations")
    (first, *_), (second, *_) = rows(network)
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.errors SET at = now() - interval '31 days' WHERE id = %s", [first])
        staging.execute("UPDATE sec.errors SET at = now() - interval '29 days' WHERE id = %s", [second])
    workshop = Workshop(network.servers.settings)
    swept(network, workshop)
    workshop.close()
    assert [number for number, *_ in rows(network)] == [second]
