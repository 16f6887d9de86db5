"""The gate before every route: closed unless a blueprint says otherwise.

`OPEN` needs nobody signed in. `OFFICIAL` is all that an official of a sangkat ever reaches; any other address answers
them as if it did not exist.
"""

from __future__ import annotations

from flask import Flask, g, request

from app.core.errors import NotFound, SignInNeeded
from app.http.problems import API_ROOT
from app.http.session import actor, signed_in, transaction

OPEN: frozenset[str] = frozenset({"http", "languages", "leave", "signing_in", "help", "up"})
OFFICIAL: frozenset[str] = OPEN | {"officials", "account"}
_OPEN_ENDPOINTS: frozenset[str] = frozenset({"home"})


def init_gate(app: Flask) -> None:
    """Ask before each request."""
    app.before_request(_ask)


def _ask() -> None:
    if request.endpoint is None:
        _unmatched()
        return
    blueprint = request.endpoint.partition(".")[0] if "." in request.endpoint else ""
    if request.endpoint in _OPEN_ENDPOINTS or blueprint in OPEN:
        return
    if not signed_in():
        raise SignInNeeded
    if _official() and blueprint not in OFFICIAL:
        g.spean_hidden = True
        with transaction():  # a denial leaves its line in the audit
            raise NotFound


def _unmatched() -> None:
    """No route, or one that wants another method or a slash: an official is not told which."""
    if not signed_in():
        if request.path.startswith(API_ROOT):
            raise SignInNeeded
    elif _official():
        raise NotFound


def _official() -> bool:
    return actor().org_kind == "commune"
