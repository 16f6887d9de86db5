"""What stands around every page: who is signed in, where they can go, what is unread.

`app.http` knows no staff and no notices. The roof (`app.factory`) hands it `Hooks`; by default nobody is
signed in and there is nowhere to go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, current_app, g, request

from app.http.session import COOKIE

_KEY = "spean_http"


@dataclass(frozen=True)
class NavItem:
    """One place in the header's list. `label` is a gettext id (`N_`)."""

    href: str
    label: str
    current: bool = False


@dataclass(frozen=True)
class Chrome:
    """The surroundings of a page. What is empty is not shown."""

    signed_in: bool = False
    nav: tuple[NavItem, ...] = ()
    unread: int = 0
    person: str = ""
    organisation: str = ""
    home_href: str = "/"
    notices_href: str = ""
    profile_href: str = ""
    sign_in_href: str = ""
    sign_out_href: str = ""
    help_href: str = ""
    about_href: str = ""


@dataclass(frozen=True)
class Hooks:
    """What the house above tells the pages, and what it wants to be told.

    chrome: called once for each page. staff_language: the signed-in person's language, or None.
    remember_language: the signed-in person chose "km" or "en". sign_out: end the session on the server
    (called by quick exit too). sign_in_href: where someone goes who must sign in first; it gets the path
    they wanted.
    """

    chrome: Callable[[], Chrome] = Chrome
    staff_language: Callable[[], str | None] = field(default=lambda: None)
    remember_language: Callable[[str], None] = field(default=lambda _language: None)
    sign_out: Callable[[], None] = field(default=lambda: None)
    sign_in_href: Callable[[str], str] = field(default=lambda _wanted: "/")


def keep_hooks(app: Flask, hooks: Hooks) -> None:
    """Remember the hooks of `app`, and put `chrome()` into templates."""
    app.extensions[_KEY] = hooks
    app.add_template_global(chrome, "chrome")


def hooks() -> Hooks:
    """The hooks of the current app."""
    found: Hooks = current_app.extensions[_KEY]
    return found


def chrome() -> Chrome:
    """This request's surroundings, asked for once. Almost bare when a page reports that something broke."""
    if "spean_chrome" not in g:
        g.spean_chrome = _bare() if g.get("spean_broken") else hooks().chrome()
    found: Chrome = g.spean_chrome
    return found


def _bare() -> Chrome:
    """What can be said without asking the database: whoever brought a session can still leave at once."""
    return Chrome(signed_in=COOKIE in request.cookies)
