"""A web page that says which of Spean's settings its process was given, or nothing at all while it hangs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

HANGING = Path(os.environ["SPEAN_MAIL_DIR"]) / "hang-web"
"""As many processes as have their number in it hang; a new one does not."""


def app(_environ: object, start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    while HANGING.exists() and str(os.getppid()) in HANGING.read_text(encoding="ascii").split():
        time.sleep(0.2)
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = sorted(name for name in os.environ if name.startswith("SPEAN_"))
    return ["\n".join(names).encode()]
