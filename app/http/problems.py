"""Errors of the JSON API as problem details (RFC 9457): what went wrong, and the field at fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, current_app, request
from flask_babel import gettext

from app.core.errors import Conflict, Invalid, NotAllowed, NotFound, SignInNeeded, SpeanError, Stale, Unready

API_ROOT = "/api/"
DOCS_PAGE = "api_docs.page"
"""The one page below API_ROOT that people read; its errors are pages too."""
CONTENT_TYPE = "application/problem+json"

STATUS: Mapping[type[SpeanError], HTTPStatus] = {
    SignInNeeded: HTTPStatus.UNAUTHORIZED,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unready: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The one table from our errors to HTTP."""


def status_of(error: SpeanError) -> HTTPStatus:
    """The HTTP status of an error (500 for one that the table does not name)."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def sentence(error: SpeanError) -> str:
    """The error's message in the reader's language."""
    return str(gettext(error.message, **error.params))


def problem(
    status: int,
    detail: str = "",
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    error_id: str = "",
) -> Response:
    """One problem-details answer. `errors` names fields: [{"field": "at", "detail": "…"}]."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
    }
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    if error_id:
        body["error_id"] = error_id
    answer = Response(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)
    answer.headers.extend(dict(headers or {}))
    return answer


def problem_of(error: SpeanError) -> Response:
    """The problem details of one of our own errors."""
    fields = error.fields if isinstance(error, Invalid) else {}
    return problem(
        status_of(error),
        sentence(error),
        [{"field": _sent_as(name), "detail": gettext(text, **params)} for name, (text, params) in fields.items()],
    )


def _sent_as(name: str) -> str:
    """A field of the rules, as the resource that was asked calls it in what it is sent."""
    called: Mapping[str, str] = getattr(current_app.blueprints.get(request.blueprint or ""), "sent_as", {})
    return called.get(name, name)
