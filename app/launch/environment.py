"""The Python environment: `.venv`, made from the locked requirements, and filled again when those change."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.launch.places import ROOT
from app.launch.processes import finish, spawn
from app.launch.progress import say, step
from app.launch.trouble import Trouble, last_line

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
STAMP = "spean-requirements.json"


@dataclass(frozen=True)
class Environment:
    prefix: Path

    @property
    def python(self) -> Path:
        return self.prefix / "bin" / "python"

    def tool(self, name: str) -> Path:
        return self.prefix / "bin" / name


def ready(*files: str, root: Path = ROOT) -> Environment:
    """Give an environment with these requirements. SPEAN_VENV names a finished one, used as it is."""
    given = os.environ.get("SPEAN_VENV")
    if given:
        environment = Environment(Path(given).absolute())
        if not os.access(environment.python, os.X_OK):
            raise Trouble(f"SPEAN_VENV names {given}, but there is no Python environment there.")
        return environment
    environment = Environment(root / ".venv")
    with _alone(root):
        wanted = {name: _digest(root / name) for name in files}
        if wanted.items() <= (_stamp(environment) or {}).items():
            say("The Python environment is ready")
        else:
            _install(environment, root, wanted)
    return environment


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One launcher at a time installs; a second one waits for the first and then finds the work done."""
    handle = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _stamp(environment: Environment) -> Mapping[str, str] | None:
    """Read what the environment was last filled with; None when it is not whole, or its Python is not ours."""
    try:
        stamp = json.loads((environment.prefix / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    usable = os.access(environment.python, os.X_OK) and stamp.pop("python", "") == _version()
    return stamp if usable else None


def _write_stamp(environment: Environment, filled: Mapping[str, str]) -> None:
    stamp = json.dumps({**filled, "python": _version()}, indent=2)
    (environment.prefix / STAMP).write_text(stamp + "\n", encoding="utf-8")


def _version() -> str:
    return ".".join(str(part) for part in sys.version_info[:3])


def _install(environment: Environment, root: Path, wanted: Mapping[str, str]) -> None:
    had = _stamp(environment)
    if had is None:
        _create(environment)
    log = environment.prefix / "install.log"
    with step("Installing the requirements (a minute or two the first time)", "Installed the requirements"):
        for name in wanted:
            command = [
                "-m",
                "pip",
                "install",
                "--no-input",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                name,
            ]
            child = spawn("installer", [environment.python, *command], env=clean(os.environ), log=log, cwd=root)
            if finish(child) != 0:
                raise Trouble(_why(log))
    _write_stamp(environment, {**(had or {}), **wanted})


def _create(environment: Environment) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Trouble(
            "This Python cannot make environments: its venv module is missing. "
            f"On Debian or Ubuntu: sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        )
    prefix = environment.prefix
    try:
        if prefix.is_symlink() or (prefix.exists() and not (prefix / "pyvenv.cfg").exists() and any(prefix.iterdir())):
            raise Trouble(f"{prefix} is there, but Spean did not make it. Move it away and try again.")
        shutil.rmtree(prefix, ignore_errors=True)
        prefix.mkdir()
    except OSError as error:
        raise Trouble(f"Cannot write to {prefix}: {error.strerror}.") from None
    log = prefix / "install.log"
    with step("Making the Python environment", "Made the Python environment"):
        base = getattr(sys, "_base_executable", None) or sys.executable
        child = spawn("environment's set-up", [base, "-m", "venv", prefix], env=clean(os.environ), log=log)
        if finish(child) != 0:
            raise Trouble(f"Making the Python environment failed: {last_line(log)} (see {log})")
    _write_stamp(environment, {})


def _why(log: Path) -> str:
    said = log.read_text(encoding="utf-8", errors="replace")
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    if "HASHES" in said.rpartition("Collecting")[2]:
        return f"A downloaded package is not the one that was locked, so nothing was installed (see {log})."
    reason = errors[-1] if errors else last_line(log)
    return f"Installing the requirements failed: {reason} Is there a network? (see {log})"


def clean(source: Mapping[str, str]) -> dict[str, str]:
    """An environment without what would lead our Python astray."""
    astray = {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in source.items() if name not in astray}
