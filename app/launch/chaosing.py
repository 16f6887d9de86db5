"""`./spean chaos`: a Spean of its own is started, broken in every way, and must keep what it promised."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from app.launch import environment as venv
from app.launch.places import ROOT
from app.launch.processes import pause, spawn, stop

_STOP_S = 40.0
_KEPT = ("PATH", "SPEAN_SERVER_USER", "LANG", "LC_ALL", "TZ")


def chaos(arguments: Sequence[str]) -> int:
    """Run `app.chaos` and give back its exit code. An operator's own servers and settings are never touched."""
    environment = venv.ready(venv.RUNTIME)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command: list[str | Path] = [environment.python, "-P", "-m", "app.chaos", *arguments]
    child = spawn("chaos", command, env={**kept, "PYTHONPATH": str(ROOT)}, log=None, cwd=ROOT)
    try:
        while child.alive():
            pause(0.1)
    finally:
        stop([child], within=_STOP_S)  # it mends and ends what it started before it goes
    return int(child.process.returncode)
