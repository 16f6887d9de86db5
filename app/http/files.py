"""Static files. Their address carries a hash of their content, so that a phone fetches each once."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, request, url_for

FOLDER = Path(__file__).parent / "static"
_A_YEAR = "public, max-age=31536000, immutable"
_AN_HOUR = "public, max-age=3600"
_HASH_LENGTH = 10

files = Blueprint("http", __name__, static_folder="static", static_url_path="/assets", template_folder="templates")


@lru_cache(maxsize=128)
def _hash_at(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_HASH_LENGTH]


def content_hash(name: str) -> str:
    """The first ten hex digits of the SHA-256 of the static file `name`."""
    path = FOLDER / name
    return _hash_at(path, path.stat().st_mtime_ns)


def asset(name: str) -> str:
    """The address of a static file, such as `asset("spean.css")`. A name that does not exist raises."""
    return url_for("http.static", filename=name, v=content_hash(name))


def _keep(response: Response) -> Response:
    if request.endpoint == "http.static" and response.status_code in (200, 304):
        response.headers["Cache-Control"] = _A_YEAR if "v" in request.args else _AN_HOUR
    return response


def init_files(app: Flask) -> None:
    """Serve `static/` under /assets, and put `asset()` into templates."""
    app.register_blueprint(files)
    app.after_request(_keep)
    app.add_template_global(asset, "asset")
