"""The operator's commands: `app.cli` against the Spean that runs, or servers started for the while."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from app.launch import credentials, progress
from app.launch import environment as venv
from app.launch.backing import backing
from app.launch.database import prepare_database
from app.launch.places import ROOT, Places, held, locked, prepare, read_state
from app.launch.running import end_leftovers
from app.launch.settings import Settings
from app.launch.trouble import Trouble

ADMINISTRATORS = frozenset({"restore"})
"""Commands that may do anything in the database, since they fill it."""
LOCKS = (("requirements.in", "requirements.txt"), ("requirements-dev.in", "requirements-dev.txt"))


def operate(name: str, arguments: Sequence[str], data: Path) -> int:
    """Run one command of `app.cli` and give back its exit code."""
    progress.to_stderr()  # what the command says may go into a file
    environment = venv.ready(venv.RUNTIME)
    command = [str(environment.python), "-P", "-m", "app.cli", name, *arguments]
    if "--help" in command:
        return foreground(command, {**venv.clean(os.environ), "PYTHONPATH": str(ROOT)})
    places = prepare(data)
    if held(places.data):
        return foreground(command, _environ(name, _running(places)))
    with locked(places.data):
        end_leftovers(places)
        if places.unfinished_demo.exists():
            raise Trouble("The first start was cut short while it loaded the demo network: ./spean run begins anew.")
        with backing(places, environment, os.environ.get("SPEAN_BASE_URL") or "http://127.0.0.1:8000") as back:
            prepare_database(back.settings, environment)
            return foreground(command, _environ(name, back.settings))


def _environ(name: str, settings: Settings) -> dict[str, str]:
    return settings.administrator() if name in ADMINISTRATORS else settings.operator()


def _running(places: Places) -> Settings:
    """The settings of the Spean that runs on this folder."""
    state = read_state(places)
    if not state:
        raise Trouble(f"Spean is just starting on {places.data}. Wait until it says its address, then try again.")
    return Settings(
        places=places,
        secrets=credentials.load(places),
        admin_url=state["admin_url"],
        redis_url=state["redis_url"],
        smtp_url=state["smtp_url"],
        base_url=state["base_url"],
    )


def foreground(command: Sequence[str], env: dict[str, str], cwd: Path | None = None) -> int:
    """Run with the person's own terminal, for questions and passwords. Ctrl-C is the command's to answer."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        return subprocess.run(command, env=env, cwd=cwd, check=False, restore_signals=True, preexec_fn=_heed).returncode
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _heed() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def lock() -> int:
    """Lock the requirements anew, with hashes, for every platform and Python that Spean supports."""
    environment = venv.ready(venv.RUNTIME, venv.DEVELOPMENT)
    for source, target in LOCKS:
        options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-strip-extras", "--upgrade"]
        command = [str(environment.tool("uv")), "pip", "compile", "--quiet", *options, source, "-o", target]
        if foreground(command, venv.clean(os.environ), cwd=ROOT) != 0:
            raise Trouble(f"Locking {source} failed, and {target} is as it was.")
    return 0


def assets() -> int:
    """Compile the style sheets and scripts that the repository carries, from their sources."""
    sources = ROOT / "app" / "http" / "assets"
    npm = shutil.which("npm")
    if npm is None:
        raise Trouble("Compiling the assets needs npm (running Spean does not). On Debian: sudo apt install npm")
    for command in ([npm, "ci"], [npm, "run", "build"]):
        if foreground(command, venv.clean(os.environ), cwd=sources) != 0:
            raise Trouble(f"{' '.join(command[1:])} failed in {sources}.")
    return 0
