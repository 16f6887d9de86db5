"""A web page that says which of Spean's settings its process was given."""

from __future__ import annotations

import os
from collections.abc import Callable


def app(_environ: object, start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = sorted(name for name in os.environ if name.startswith("SPEAN_"))
    return ["\n".join(names).encode()]
