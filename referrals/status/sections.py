"""Parts of the page that other features bring. The roof (`app.factory`) hands them in; the page knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.orm import Session

_KEY = "spean_status"


@dataclass(frozen=True)
class Section:
    """A template that is included, and how what it shows is read, in the page's transaction as a steward.

    The template finds what was read under `name`.
    """

    name: str
    template: str
    read: Callable[[Session], object]


def keep_sections(app: Flask, sections: Sequence[Section]) -> None:
    """Remember the sections of `app`, in the order in which they are shown."""
    app.extensions[_KEY] = tuple(sections)


def sections() -> tuple[Section, ...]:
    """The sections of the current app."""
    found: tuple[Section, ...] = current_app.extensions.get(_KEY, ())
    return found
