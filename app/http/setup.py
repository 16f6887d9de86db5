"""Everything that `app.http` gives to a Flask app, in one call."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from app.http import leave
from app.http.chrome import Hooks, keep_hooks
from app.http.error_pages import init_error_pages
from app.http.files import init_files
from app.http.filters import init_filters
from app.http.headers import init_headers
from app.http.languages import init_languages
from app.http.leave import init_leave
from app.http.repeats import one_use
from app.http.styleguide import init_styleguide

csrf = CSRFProtect()
"""Guards every POST. A blueprint signed in by token alone says `csrf.exempt(api)`."""

_LARGEST_BODY = 256 * 1024
_LARGEST_FORM = 128 * 1024
_MOST_FIELDS = 500


def init_http(app: Flask, hooks: Hooks | None = None) -> None:
    """Templates, static files, languages, headers, errors, forms. `hooks`: what the house above knows.

    Limits: a body of 256 KB, a form of 128 KB and 500 fields; what is larger is answered with 413.
    """
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config["WTF_CSRF_SSL_STRICT"] = False  # it wants a referrer, which our pages withhold; the token guards
    if app.config["MAX_CONTENT_LENGTH"] is None:
        app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = _LARGEST_FORM
    app.config["MAX_FORM_PARTS"] = _MOST_FIELDS
    keep_hooks(app, hooks or Hooks())
    csrf.init_app(app)
    init_languages(app)
    init_headers(app)
    init_files(app)
    init_filters(app)
    init_leave(app)
    csrf.exempt(leave.bp)  # a person who must get away at once is let go, however old the page; the cookie is Lax
    init_error_pages(app)
    app.add_template_global(one_use, "one_use")
    if app.debug or app.testing:
        init_styleguide(app)
