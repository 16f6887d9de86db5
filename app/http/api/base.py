"""The API object and its blueprints: flask-smorest, with Spean's own errors, walls and reading of bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any, TypeVar

import flask_smorest
from flask import Flask, current_app
from flask_wtf.csrf import CSRFProtect
from marshmallow import Schema, fields

from app.core.idempotency import HEADER
from app.http.api.document import add_document
from app.http.api.reading import Reader
from app.http.problems import CONTENT_TYPE
from app.http.session import by_token

_CHANGING = frozenset({"post", "put", "patch", "delete"})
_View = TypeVar("_View", bound=Callable[..., Any])
_SPEC: dict[str, Any] = {
    "title": "Spean",
    "version": "v1",
    "openapi_version": "3.1.0",
    "info": {
        "description": (
            "Referrals between organisations, with the client's permission. Sign in with a token of your own (your"
            " profile, Tokens for programs) as a bearer token. A browser that is signed in may call it too, and then"
            " sends the `csrf_token` of any page's form as `X-CSRFToken` with whatever is not a GET. Errors are"
            " problem details (RFC 9457), with the fields at fault. Another organisation's row is 404."
        )
    },
    "security": [{"token": []}, {"browser": []}],
}


class FaultSchema(Schema):
    field = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """What went wrong (RFC 9457), in the reader's language."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String()
    errors = fields.List(fields.Nested(FaultSchema), metadata={"description": "Each field at fault."})
    error_id = fields.String(metadata={"description": "Of a fault of ours (500): it stands in the log."})


class Api(flask_smorest.Api):
    """flask-smorest without its error handling: `app.http.error_pages` is the one place for that."""

    def _register_error_handlers(self) -> None:
        """Nothing: its handler would answer for every page of the site."""

    def _register_responses(self) -> None:
        """Document errors as what they are: problem details."""
        described = {status.name: status.phrase for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST}
        for name, phrase in {**described, self.DEFAULT_ERROR_RESPONSE_NAME: "What went wrong"}.items():
            answer = {"description": phrase, "content": {CONTENT_TYPE: {"schema": ProblemSchema}}}
            self.spec.components.response(name, answer, lazy=True)

    def _register_pagination_header(self) -> None:
        """Document the header as it is sent: JSON in a string."""
        said = {"description": "Totals, and the numbers of pages, as JSON.", "schema": {"type": "string"}}
        self.spec.components.header("PAGINATION", said, lazy=True)


class ApiBlueprint(flask_smorest.Blueprint):
    """A resource of the API. A browser's cookie alone changes nothing: the page's token must come along."""

    ARGUMENTS_PARSER = Reader()
    PAGINATION_ARGUMENTS_PARSER = Reader()

    def __init__(self, *args: Any, sent_as: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        """`sent_as`: where rules call a field otherwise than what is sent here does, its place there by its name."""
        super().__init__(*args, **kwargs)
        self.sent_as = dict(sent_as or {})
        self.before_request(_ask_csrf)

    def arguments(self, schema: type[Schema] | Schema, **kwargs: Any) -> Callable[[_View], _View]:
        """As flask-smorest's, with one schema for the process: a class would be made anew for each request."""
        made = schema() if isinstance(schema, type) else schema
        decorate: Callable[[_View], _View] = super().arguments(made, **kwargs)
        return decorate


def _ask_csrf() -> None:
    """Only a browser is led astray by another site; a program sends its token itself."""
    if current_app.config["WTF_CSRF_ENABLED"] and not by_token():
        _csrf().protect()


def _csrf() -> CSRFProtect:
    found: CSRFProtect = current_app.extensions["csrf"]
    return found


def init_api(app: Flask, resources: Iterable[ApiBlueprint]) -> None:
    """Put the API's resources, its document and its documentation page on the app."""
    api = Api(app, spec_kwargs=deepcopy(_SPEC))
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme("browser", {"type": "apiKey", "in": "cookie", "name": "spean"})
    for resource in resources:
        app.extensions["csrf"].exempt(resource)  # `_ask_csrf` asks instead
        api.register_blueprint(resource)
    document = api.spec.to_dict()
    _check_keys(document)
    add_document(app, document)


def _check_keys(document: Mapping[str, Any]) -> None:
    """Whatever is not a GET takes the key by which it is sent again. Raises RuntimeError: the app does not start."""
    for path, operations in document["paths"].items():
        for method in _CHANGING & operations.keys():
            taken = {one.get("name") for one in operations[method].get("parameters", ()) if isinstance(one, dict)}
            if HEADER not in taken:
                raise RuntimeError(f"{method} {path} takes no {HEADER}: see app/http/api/steps.py")
