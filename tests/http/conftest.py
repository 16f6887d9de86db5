from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.errors import N_
from app.http.chrome import Chrome, Hooks, NavItem
from app.http.setup import init_http

SIGNED_IN = Chrome(
    signed_in=True,
    nav=(NavItem("/styleguide", N_("Inbox"), current=True), NavItem("/outbox", N_("Outbox"))),
    unread=3,
    person="Sokha",
    organisation="Mlup House",
    notices_href="/notices",
    profile_href="/profile",
    sign_out_href="/sign-out",
    help_href="/help",
    about_href="/about",
)


@dataclass
class House:
    """The house above `app.http`, as small as it can be."""

    around: Chrome = SIGNED_IN
    language: str | None = None
    remembered: list[str] = field(default_factory=list)
    signed_out: int = 0

    def hooks(self) -> Hooks:
        return Hooks(
            chrome=lambda: self.around,
            staff_language=lambda: self.language,
            remember_language=self.remembered.append,
            sign_out=self._sign_out,
            sign_in_href=lambda wanted: f"/sign-in?next={wanted}",
        )

    def _sign_out(self) -> None:
        self.signed_out += 1


@pytest.fixture
def house() -> House:
    return House()


def make_app(house: House, **config: object) -> Flask:
    app = Flask("app.http", static_folder=None)
    app.config.update(TESTING=True, SECRET_KEY="only-for-tests" * 3, **config)
    init_http(app, house.hooks())
    return app


@pytest.fixture
def app(house: House) -> Flask:
    return make_app(house, WTF_CSRF_ENABLED=False)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def english(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield
