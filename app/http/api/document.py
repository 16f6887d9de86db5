"""The OpenAPI document, and the page on which people read it."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Flask, Response, render_template, url_for

from app.http.problems import API_ROOT, DOCS_PAGE

_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def add_document(app: Flask, document: dict[str, Any]) -> None:
    """Serve the document at /api/v1/openapi.json and the page at /api/v1/docs, to who is signed in."""
    blueprint_name, _, endpoint = DOCS_PAGE.partition(".")
    blueprint = Blueprint(blueprint_name, __name__, url_prefix=f"{API_ROOT}v1")
    written = json.dumps(by_resource(document), ensure_ascii=False)

    @blueprint.get("/openapi.json")
    def document_json() -> Response:
        return Response(written, content_type="application/json")

    @blueprint.get("/docs", endpoint=endpoint)
    def page() -> str:
        return render_template("api_docs.html", spec=url_for(".document_json"))

    app.register_blueprint(blueprint)


def by_resource(document: dict[str, Any]) -> dict[str, Any]:
    """The document with each operation under the name of its resource (clients, referrals…), not of a blueprint."""
    about: dict[str, str] = {}
    told = {tag["name"]: tag["description"] for tag in document.pop("tags", [])}
    for path, operations in document["paths"].items():
        resource = path.removeprefix(f"{API_ROOT}v1/").partition("/")[0]
        for method, operation in operations.items():
            if method in _METHODS:
                about.setdefault(resource, told[operation["tags"][0]])
                operation["tags"] = [resource]
    tags = [{"name": name, "description": text} for name, text in about.items()]
    return {**document, "tags": tags}
