"""Words that several pages need."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext

from orgs.staff.rules import ROLES


def role_words(roles: Iterable[str]) -> str:
    """Roles in the reader's language, always in the same order."""
    held = set(roles)
    return ", ".join(str(gettext(label)) for role, label in ROLES.items() if role in held)
