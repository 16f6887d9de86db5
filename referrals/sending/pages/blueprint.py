from __future__ import annotations

from flask import Blueprint
from flask_babel import gettext

bp = Blueprint("sending", __name__, template_folder="../templates")


def steps() -> list[str]:
    """What the four steps are called."""
    return [gettext("Programme"), gettext("Request"), gettext("Permission"), gettext("Check and send")]
