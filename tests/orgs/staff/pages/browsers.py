"""Browsers that ask for English, each at an address of its own, so that limits of other tests do not count."""

from __future__ import annotations

import secrets

from flask import Flask
from flask.testing import FlaskClient

from tests import pages
from tests.network import Person
from tests.pages import words_of as words

__all__ = ["client_for", "words"]


def client_for(site: Flask, person: Person | None = None) -> FlaskClient:
    """The browser of somebody signed in, or of a stranger."""
    client = pages.client_for(site, person)
    client.environ_base["REMOTE_ADDR"] = f"2001:db8::{secrets.token_hex(2)}:{secrets.token_hex(2)}"
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client
