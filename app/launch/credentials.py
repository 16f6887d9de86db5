"""The passwords and keys of one installation: made once, kept in `secrets.env` (mode 0600), never printed.

Losing this file loses every encrypted name and note, so a database without it is never given a new one.
"""

from __future__ import annotations

import base64
import os
import secrets

from app.launch.places import Places, write_privately
from app.launch.trouble import Trouble

ROLES = ("web", "public", "worker", "publisher", "keeper", "migrator", "backup")
NAMES = (
    "SPEAN_ADMIN_PASSWORD",
    *(f"SPEAN_{role.upper()}_PASSWORD" for role in ROLES),
    "SPEAN_REDIS_PASSWORD",
    "SPEAN_SECRET_KEY",
    "SPEAN_KEK",
)
HEADER = (
    "# Spean's passwords and keys. Keep a copy in a safe place, apart from the database's backups:\n"
    "# without SPEAN_KEK nobody can read a name or a note again, and with it anybody can.\n"
)


def load(places: Places) -> dict[str, str]:
    """Read the secrets, or make them when nothing was encrypted with others before."""
    if places.secrets.exists():
        return _read(places)
    if places.postgres.exists():
        raise Trouble(
            f"{places.postgres} holds a database, but {places.secrets} with its keys is missing. "
            "Put that file back from your copy, or, to begin anew, move the database's folder away."
        )
    made = {name: secrets.token_urlsafe(32) for name in NAMES}
    made["SPEAN_KEK"] = base64.b64encode(os.urandom(32)).decode("ascii")
    write_privately(places.secrets, HEADER + "".join(f"{name}={value}\n" for name, value in made.items()))
    return made


def _read(places: Places) -> dict[str, str]:
    try:
        text = places.secrets.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Trouble(f"Cannot read {places.secrets}: it must be readable to the account that runs Spean.") from None
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    found = {name.strip(): value.strip() for name, value in pairs}
    missing = [name for name in NAMES if not found.get(name)]
    if missing:
        raise Trouble(f"{places.secrets} lacks {', '.join(missing)}. Put the file back from your copy.")
    return found
