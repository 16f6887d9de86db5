"""A form that is posted twice acts once: the second post is answered as the first was, without scripts too.

Every form of a page carries a token that is random for each rendering. The first post leaves, in the transaction that
did the work, where it led (an endpoint and an id). The same post again finds that and is sent there; what may be seen
there is decided there, as for anybody. A refused post leaves nothing, and a form that was changed is another request.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, flash, g, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from app.core import db, idempotency
from app.core.errors import N_, SpeanError
from app.core.idempotency import Kept
from app.http.problems import API_ROOT
from app.http.session import actor, database, settings, signed_in

FIELD = "one_use"
_SHAPE = re.compile(r"[A-Za-z0-9_-]{20,80}")
_BYTES = 16
_SHOWN, _SEE_OTHER, _REFUSED = 200, 303, 400
_HOME = "home"
_SAID = "_flashes"
"""Where Flask keeps what is to be said on the next page."""
_TWICE = N_("You sent this twice. It was done once.")
_SHOWN_ONCE = N_(
    "You sent this twice. It was done once, and the link or token stood on the first answer only. If you did not see"
    " it, end that one and make another."
)


def one_use() -> str:
    """The token of the forms on this page."""
    if "spean_one_use" not in g:
        g.spean_one_use = secrets.token_urlsafe(_BYTES)
    made: str = g.spean_one_use
    return made


def shown_once(then: str) -> None:
    """This answer shows a secret that is kept nowhere: whoever posts again is led to the page `then`."""
    g.spean_shown_once = then


def init_repeats(app: Flask, exempt: Collection[str]) -> None:
    """Guard every page that takes a POST but `exempt`, endpoints or whole blueprints. Call it when all are there."""
    for endpoint in posted_to(app):
        if endpoint not in exempt and endpoint.partition(".")[0] not in exempt:
            app.view_functions[endpoint] = _once(app.view_functions[endpoint])


def posted_to(app: Flask) -> list[str]:
    """The endpoints of pages that take a POST."""
    rules = app.url_map.iter_rules()
    return sorted({r.endpoint for r in rules if "POST" in (r.methods or ()) and not r.rule.startswith(API_ROOT)})


def _once(view: Callable[..., Any]) -> Callable[..., ResponseReturnValue]:
    @wraps(view)
    def answer(**places: Any) -> ResponseReturnValue:
        key = _key()
        if key is None:
            made: ResponseReturnValue = view(**places)
            return made
        return _before(key) or _now(key, lambda: view(**places))

    return answer


def _now(key: str, view: Callable[[], Any]) -> Response:
    """The view's answer, kept with what it did; or the first post's, where that was faster."""
    said = list(cookie.get(_SAID, ()))
    try:
        answer, done = _held(key, view)
    except BaseException:
        _unsay(said)
        raise
    if done:
        return answer
    _unsay(said)  # all of it is undone
    return _before(key) or answer


def _unsay(said: list[Any]) -> None:
    """What the view said of work that was not committed is not said."""
    if cookie.get(_SAID, []) != said:
        cookie[_SAID] = said


def _held(key: str, view: Callable[[], Any]) -> tuple[Response, bool]:
    """The answer, and whether it stands."""
    session = database.session()
    with db.holding(session):
        try:
            answer = current_app.make_response(view())
        except (SpeanError, HTTPException):
            db.settle(session)  # what was read, or refused, stays recorded
            if (first := _before(key)) is not None:
                return first, True
            raise
        if answer.status_code >= _REFUSED:
            db.settle(session)
            return _before(key) or answer, True
        led = _led_to(answer)
        if led is None or not db.held(session) or idempotency.keep(session, actor(), key, request.endpoint or "", led):
            db.settle(session)
            return answer, True
    return answer, False


def _before(key: str) -> Response | None:
    """Where this post led before, if it did. Raises NotFound when that is gone."""
    first = idempotency.found(database.session(), actor(), key)
    if first is None:
        return None
    flash(gettext(_SHOWN_ONCE if first.status == _SHOWN else _TWICE))
    return current_app.make_response(redirect(_address(first), code=_SEE_OTHER))


def _key() -> str | None:
    """Which request this is: the page's token, where it was posted to, and what was posted. None without a token.

    Officials' connections know no keys; what they may post (language, password) does no more the second time.
    """
    token = request.form.get(FIELD, "") if request.method == "POST" else ""
    if not _SHAPE.fullmatch(token) or not signed_in() or actor().org_kind == "commune":
        return None
    said = sorted((name, value) for name, value in request.form.items(multi=True) if name != "csrf_token")
    whole = json.dumps([request.full_path, said]).encode()
    return "page " + hmac.digest(settings().secret_key.encode(), whole, "sha256").hex()


def _led_to(answer: Response) -> Kept | None:
    """The page to which an answer leads, if it does: no words of a query, and no address but by its ids."""
    then = g.get("spean_shown_once", answer.location)
    if then is None:
        return None
    status = _SHOWN if "spean_shown_once" in g else _SEE_OTHER
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, places = adapter.match(then.partition("?")[0], method="GET") if adapter else (_HOME, {})
    except HTTPException:
        return Kept(status, _HOME)
    ids = list(places.values())
    if not ids:
        return Kept(status, endpoint)
    return Kept(status, endpoint, ids[0]) if len(ids) == 1 and isinstance(ids[0], UUID) else Kept(status, _HOME)


def _address(first: Kept) -> str:
    """The page's address. A page that a new version of Spean has not any more is the person's first page."""
    rules = current_app.url_map.iter_rules(first.leads_to) if first.leads_to in current_app.view_functions else ()
    for rule in rules:
        if len(rule.arguments) == (first.id is not None) and "GET" in (rule.methods or ()):
            return url_for(first.leads_to, **dict.fromkeys(rule.arguments, first.id))
    return url_for(_HOME)
