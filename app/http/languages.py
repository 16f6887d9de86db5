"""Khmer or English: the person's own choice, then the cookie, then the browser, then Khmer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, g, redirect, request
from flask_babel import Babel, get_locale
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from app.http.chrome import hooks

LANGUAGES = {"km": "ខ្មែរ", "en": "English"}
"""Each language by its code, named in itself."""

DEFAULT = "km"
TRANSLATIONS = Path(__file__).parent / "translations"
_COOKIE = "lang"
_A_YEAR_S = 365 * 24 * 3600

bp = Blueprint("languages", __name__)


def _asked_for() -> str:
    kept = None if g.get("spean_broken") else hooks().staff_language()
    wanted = kept or request.cookies.get(_COOKIE)
    if wanted in LANGUAGES:
        return str(wanted)
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT


def language() -> str:
    """The language of this answer: "km" or "en"."""
    locale = get_locale()
    return locale.language if locale else DEFAULT


def local_path(wanted: str) -> str:
    """`wanted` if it is a page of this site that can be opened, else the front page: never elsewhere."""
    parts = urlsplit(wanted.replace("\\", "/"))
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith("//"):
        return "/"
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return "/"
    try:
        adapter.match(parts.path, method="GET")
    except HTTPException:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@bp.post("/language")
def switch() -> Response:
    """Change the language, remember it, and go back to the page."""
    chosen = request.form.get("lang", "")
    answer = redirect(local_path(request.form.get("next", "/")), code=303)
    if chosen in LANGUAGES:
        hooks().remember_language(chosen)
        answer.set_cookie(_COOKIE, chosen, max_age=_A_YEAR_S, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def init_languages(app: Flask) -> None:
    """Flask-Babel with our translations, Phnom Penh time, and the switch."""
    Babel(
        app,
        default_locale=DEFAULT,
        default_timezone="Asia/Phnom_Penh",
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=_asked_for,
    )
    app.register_blueprint(bp)
    app.add_template_global(language, "language")
    app.jinja_env.globals["LANGUAGES"] = LANGUAGES
