from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http.files import FOLDER, asset, content_hash

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "app" / "http" / "assets"
_ROW = re.compile(
    r"^\| `(?P<path>[^`]+)` \| (?P<package>\S+) \| (?P<version>\S+) \| \S+ \| `(?P<hash>[0-9a-f]{64})` \|$"
)


def _rows() -> list[dict[str, str]]:
    lines = (ASSETS / "VENDORED.md").read_text().splitlines()
    return [found.groupdict() for line in lines if (found := _ROW.match(line))]


def test_a_file_with_its_hash_is_kept_for_a_year_and_without_it_for_an_hour(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = asset("spean.css")
    with client.get(address) as kept:
        assert kept.status_code == 200
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert kept.headers["Content-Type"].startswith("text/css")
    with client.get("/assets/spean.css") as named:
        assert named.headers["Cache-Control"] == "public, max-age=3600"
    assert client.get("/assets/none.css").status_code == 404


def test_an_address_changes_with_the_content_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.http.files.FOLDER", tmp_path)
    file = tmp_path / "a.js"
    file.write_text("one")
    before = content_hash("a.js")
    assert content_hash("a.js") == before == hashlib.sha256(b"one").hexdigest()[:10]
    file.write_text("three")
    assert content_hash("a.js") != before


def test_a_static_file_that_does_not_exist_is_noticed(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(FileNotFoundError):
        asset("missing.css")


def test_vendored_files_are_the_recorded_ones() -> None:
    wanted = json.loads((ASSETS / "package.json").read_text())["dependencies"]
    rows = _rows()
    assert len(rows) >= 10
    for row in rows:
        assert hashlib.sha256((ROOT / row["path"]).read_bytes()).hexdigest() == row["hash"], row["path"]
        assert row["version"] == wanted[row["package"]], row["path"]
        licence = ASSETS / "licences" / f"{row['package'].rsplit('/', 1)[-1]}.txt"
        assert licence.stat().st_size > 500, row["package"]


def test_every_font_and_foreign_script_is_recorded() -> None:
    recorded = {row["path"] for row in _rows()}
    own = {f"app/http/static/{name}" for name in ("spean.js", "api_docs.js", "api_docs.css", "icon.svg")}
    found = {path.relative_to(ROOT).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert found - own <= recorded


def test_the_theme_is_small_and_ships_nothing_of_gov_uk_identity() -> None:
    css = (FOLDER / "spean.css").read_text()
    assert len(css) < 100_000
    for mark in ("GDS Transport", "crest", "light-94a07e06a1", "govuk-header__", "@import", "url(http", 'url("http'):
        assert mark not in css


def test_fonts_named_by_the_theme_carry_their_own_hash() -> None:
    css = (FOLDER / "spean.css").read_text()
    named = re.findall(r'url\("(fonts/[^"?]+)\?v=([0-9a-f]{10})"\)', css)
    assert len(named) == 2
    assert all(content_hash(name) == mark for name, mark in named)
    assert css.count("U+200B-200D") == 2
