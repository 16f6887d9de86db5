"""When what happens by itself. The environment may say otherwise, for tests: nobody waits for twenty past one there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from app.launch import daily, probe
from app.launch.trouble import Trouble


@dataclass(frozen=True)
class Rhythm:
    """`publish_at`: the publisher's hour, in Phnom Penh. `probe_every`: seconds between two questions to the web."""

    publish_at: time = daily.HOUR
    probe_every: float = probe.EVERY

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Rhythm:
        """Read SPEAN_PUBLISH_AT (such as 01:20) and SPEAN_PROBE_EVERY (such as 0.5). Raises Trouble."""
        hour = daily.parse_hour(environ.get("SPEAN_PUBLISH_AT", f"{daily.HOUR:%H:%M}"))
        every = environ.get("SPEAN_PROBE_EVERY", str(probe.EVERY))
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", every) or not float(every):
            raise Trouble(f"SPEAN_PROBE_EVERY is {every!r}: it must be a number of seconds above 0.")
        return cls(hour, float(every))
