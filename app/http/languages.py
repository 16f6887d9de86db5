"""Khmer or English: the person's own choice, then the cookie, then the browser, then Khmer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from babel import Locale
from babel.support import Translations
from flask import Blueprint, Flask, current_app, g, redirect, request
from flask_babel import Babel, get_locale, get_translations
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
    locale = _noted() or get_locale()
    return locale.language if locale else DEFAULT


def words() -> Translations:
    """The catalogue of this answer: a page asks for some hundred and fifty words, and its language does not change.

    Flask-Babel looks for it at each word. Its own note of the language is compared, which `force_locale` changes.
    """
    locale, held = _noted(), g.get("spean_words")
    if held is None or locale is None or held[0] is not locale:
        found = get_translations()
        held = g.spean_words = (_noted(), found)
    catalogue: Translations = held[1]
    return catalogue


def _noted() -> Locale | None:
    """What Flask-Babel found for this answer, if it has looked; `get_locale` would take the long way to it."""
    return getattr(g.get("_flask_babel"), "babel_locale", None)


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
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda word: words().ugettext(word),
        ngettext=lambda one, many, number: words().ungettext(one, many, number),
        newstyle=True,
    )
    app.register_blueprint(bp)
    app.add_template_global(language, "language")
    app.jinja_env.globals["LANGUAGES"] = LANGUAGES
