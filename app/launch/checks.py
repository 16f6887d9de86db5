"""`./spean test`: form, lint, types, imports, templates, then all tests, on servers of its own."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.launch import environment as venv
from app.launch import programs
from app.launch.environment import Environment
from app.launch.places import ROOT
from app.launch.processes import finish, pause, spawn, stop
from app.launch.progress import say
from app.launch.servers import embedded

CLOSING = re.compile(r"\d+ (passed|failed|errors?|skipped|deselected)\b|no tests ran")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Step:
    name: str
    argv: Sequence[str | Path]


def test(arguments: Sequence[str], *, system_servers: bool) -> int:
    """Run all checks, or with arguments pytest alone. 0 only when all is well; a failure stops no step."""
    environment = venv.ready(venv.RUNTIME, venv.DEVELOPMENT)
    brought = programs.of_system() if system_servers else programs.of_environment(environment.prefix)
    failed = [] if arguments else [step.name for step in steps(environment) if not _passes(step)]
    with (
        tempfile.TemporaryDirectory(prefix="spean-logs-") as logs,
        embedded(Path(logs), programs=brought) as urls,
    ):
        say(f"PostgreSQL {brought.major()} and Redis run for the tests")
        code, closing = _pytest(environment, arguments, urls)
    return _close(code, closing, failed)


def steps(environment: Environment) -> list[Step]:
    """What is checked without running Spean."""
    tool = environment.tool
    templates = sorted(
        str(path.relative_to(ROOT))
        for house in ("app", "orgs", "referrals", "worker")
        for path in (ROOT / house).rglob("templates")
        if path.is_dir()
    )
    every = [
        Step("format", [tool("ruff"), "format", "--check", "."]),
        Step("lint", [tool("ruff"), "check", "."]),
        Step("types", [tool("mypy")]),
        Step("import contracts", [tool("lint-imports")]),
    ]
    if templates:
        every.append(Step("template form", [tool("djlint"), "--check", *templates]))
        every.append(Step("template lint", [tool("djlint"), "--quiet", "--lint", *templates]))
    return every


def _passes(step: Step) -> bool:
    begun = time.monotonic()
    say(f"{step.name} …")
    child = spawn(step.name, step.argv, env=_environment(), log=None, cwd=ROOT)
    good = finish(child) == 0
    say(f"{step.name}: {'good' if good else 'FAILED'} ({time.monotonic() - begun:.1f} s)")
    return good


def _environment() -> dict[str, str]:
    """Without the operator's settings: tests bring their own."""
    kept = ("SPEAN_NO_SKIP", "SPEAN_CHROMIUM", "SPEAN_VENV", "SPEAN_SERVER_USER")
    env = venv.clean(os.environ)
    return {name: value for name, value in env.items() if not name.startswith("SPEAN_") or name in kept}


def _pytest(environment: Environment, arguments: Sequence[str], urls: tuple[str, str]) -> tuple[int, str]:
    """Run pytest and give back its exit code and its own closing line."""
    say("tests …")
    env: Mapping[str, str] = {
        **_environment(),
        "SPEAN_TEST_ADMIN_URL": urls[0],
        "SPEAN_TEST_REDIS_URL": urls[1],
        **({"PY_COLORS": "1"} if sys.stdout.isatty() else {}),
    }
    whole = ["-n", "3", "--dist", "loadfile"] if not arguments else []
    argv: list[str | Path] = [environment.python, "-m", "pytest", *whole, *arguments]
    read, write = os.pipe()
    with os.fdopen(write, "wb") as sink:
        child = spawn("test run", argv, env=env, log=sink, cwd=ROOT, stop_signal=signal.SIGINT)
    try:
        said = _pass_on(read)
    except BaseException:
        stop([child], within=6)
        raise
    return finish(child), _closing(said)


def _pass_on(read: int) -> str:
    """Print what comes as it comes; give back the last of it."""
    tail = b""
    os.set_blocking(read, False)
    with os.fdopen(read, "rb", buffering=0) as source:
        while True:
            piece = source.read(65536)
            if piece == b"":
                return tail.decode("utf-8", "replace")
            if piece is None:
                pause(0.05)
                continue
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            tail = (tail + piece)[-4000:]


def _closing(said: str) -> str:
    lines = (COLOURS.sub("", line).strip("= ") for line in reversed(said.splitlines()))
    return next((line for line in lines if CLOSING.search(line)), "no tests ran")


def _close(code: int, closing: str, failed: Sequence[str]) -> int:
    """Sum up. The last line is pytest's own; what failed before it is named there too."""
    print()
    if failed:
        print(f"FAILED: {', '.join(failed)}")
        print(f"{closing}; these checks failed: {', '.join(failed)}", flush=True)
        return code or 1
    print(closing, flush=True)
    return code
