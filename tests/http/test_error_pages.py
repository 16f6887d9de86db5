from __future__ import annotations

import re

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from app.core.errors import Conflict, Invalid, NotAllowed, NotFound, SignInNeeded, SpeanError, Unready
from tests.http.conftest import House, make_app

RAISED: dict[str, SpeanError] = {
    "not-found": NotFound(),
    "not-allowed": NotAllowed(),
    "conflict": Conflict(),
    "unready": Unready(),
    "invalid": Invalid.many({"at": ("Enter %(least)s or more.", {"least": 2})}),
    "sign-in": SignInNeeded(),
}
ENGLISH = {"Accept-Language": "en"}


def _add_routes(app: Flask) -> Flask:
    def fail(what: str) -> str:
        if what.isdigit():
            abort(int(what))
        if what == "bug":
            raise RuntimeError("Sokha 012 345 678")
        raise RAISED[what]

    app.add_url_rule("/fail/<what>", "fail", fail)
    app.add_url_rule("/api/v1/fail/<what>", "api_fail", fail)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return _add_routes(app).test_client()


@pytest.mark.parametrize(
    ("what", "status", "title", "sentence"),
    [
        ("not-found", 404, "Page not found", "We could not find that."),
        ("404", 404, "Page not found", "We could not find that."),
        (
            "not-allowed",
            403,
            "Your role does not do this",
            "Ask your manager if you think you should be able to do this.",
        ),
        ("conflict", 409, "This has changed", "This has changed since you opened it."),
        ("invalid", 422, "Please check what you entered", "Please check what you entered."),
        ("unready", 503, "Spean cannot do this right now", "Try again in a moment."),
        ("400", 400, "That could not be read", "damaged or incomplete"),
        ("413", 413, "That is too large", "Send less at once"),
        ("429", 429, "Too many tries", "Wait a few minutes"),
        ("418", 418, "Something went wrong", "damaged or incomplete"),
    ],
)
def test_each_error_has_a_page(client: FlaskClient, what: str, status: int, title: str, sentence: str) -> None:
    page = client.get(f"/fail/{what}", headers=ENGLISH)
    assert page.status_code == status
    assert f'<h1 class="govuk-heading-l">{title}</h1>' in page.text
    assert sentence in page.text
    assert f"<title>{title} – Spean</title>" in page.text


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("not-found", 404),
        ("404", 404),
        ("not-allowed", 403),
        ("conflict", 409),
        ("unready", 503),
        ("sign-in", 401),
        ("429", 429),
    ],
)
def test_the_api_answers_with_problem_details(client: FlaskClient, what: str, status: int) -> None:
    answer = client.get(f"/api/v1/fail/{what}", headers=ENGLISH)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == status
    assert answer.json["detail"]


def test_problem_details_name_the_field_at_fault(client: FlaskClient) -> None:
    answer = client.get("/api/v1/fail/invalid", headers=ENGLISH)
    assert answer.json is not None
    assert answer.json["errors"] == [{"field": "at", "detail": "Enter 2 or more."}]


def test_foreign_and_absent_answer_alike(client: FlaskClient) -> None:
    for prefix in ("", "/api/v1"):
        ours, flasks = (client.get(f"{prefix}/fail/{what}", headers=ENGLISH) for what in ("not-found", "404"))
        assert _without_secrets(ours.text) == _without_secrets(flasks.text)


def _without_secrets(page: str) -> str:
    """A page without its random words and its own address."""
    return re.sub(r'(nonce|value|content)="[^"]*"', "", page)


def test_who_is_not_signed_in_is_led_to_the_door_and_back(client: FlaskClient) -> None:
    answer = client.get("/fail/sign-in?tab=new")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/fail/sign-in?tab=new"


def test_a_wrong_method_keeps_saying_what_is_allowed(client: FlaskClient) -> None:
    for path in ("/fail/404", "/api/v1/fail/404"):
        answer = client.post(path)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "OPTIONS"}


def test_a_bug_tells_nobody_what_it_was_about(house: House) -> None:
    app = _add_routes(make_app(house))
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    client = app.test_client()
    for path in ("/fail/bug", "/api/v1/fail/bug"):
        answer = client.get(path, headers=ENGLISH)
        assert answer.status_code == 500
        assert "Sokha" not in answer.text
        assert "012" not in answer.text
        assert "Nothing was saved." in answer.text


def test_a_page_about_a_fault_does_not_need_what_may_be_broken(house: House) -> None:
    def broken() -> None:
        raise RuntimeError("no database")

    hooks = house.hooks()
    app = _add_routes(make_app(house))
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    app.extensions["spean_http"] = type(hooks)(chrome=broken, staff_language=broken)  # type: ignore[arg-type]
    assert app.test_client().get("/fail/bug").status_code == 500


def test_a_body_that_is_too_large_is_refused(house: House) -> None:
    client = make_app(house, WTF_CSRF_ENABLED=False).test_client()
    assert client.post("/styleguide", data={"note": "x" * 300_000}).status_code == 413


def test_a_form_without_its_token_is_refused_in_words(house: House) -> None:
    answer = make_app(house).test_client().post("/styleguide", headers=ENGLISH)
    assert answer.status_code == 400
    assert "This page was open for too long" in answer.text
