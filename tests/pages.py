"""The site as somebody signed in sees it, without a browser."""

from __future__ import annotations

import html
import re

from flask import Flask
from flask.testing import FlaskClient

from app.factory import create_app
from app.http.session import database
from tests.network import Network, Person

_CHANGES_EACH_TIME = re.compile(r'nonce="[^"]*"|name="(csrf_token|next|one_use)"\s+value="[^"]*"')


def site(network: Network, *, csrf: bool = False) -> Flask:
    """The whole app on the run's servers. Forms may be posted without their token unless `csrf`."""
    app = create_app(network.servers.settings)
    app.config["WTF_CSRF_ENABLED"] = csrf
    app.testing = True
    with app.app_context():
        network.servers.opened(database.engines.values())
    return app


def client_for(app: Flask, person: Person | None = None, *, door: str = "") -> FlaskClient:
    """A browser in which `person` is signed in; `door` tries another door than theirs ("s" or "o")."""
    client = app.test_client()
    if person is not None:
        client.set_cookie("spean", f"{door or ('o' if person.official else 's')}.{person.token}")
    return client


def words_of(body: str) -> str:
    """What a person reads on a page, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def steady(body: str) -> str:
    """A page without what changes with every answer or with the address asked for."""
    return _CHANGES_EACH_TIME.sub("", body)
