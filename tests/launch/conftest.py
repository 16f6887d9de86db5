"""The launcher under test, with a small house in the place of Spean's: real servers, real gunicorn, real Celery."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.launch.accounts import Account
from app.launch.places import ROOT
from app.launch.processes import birth

STAND_INS = Path(__file__).parent / "house"
PARTS = (
    ("cli.py", "app/cli/__main__.py"),
    ("sink.py", "app/cli/sink.py"),
    ("wsgi.py", "wsgi.py"),
    ("worker.py", "worker/app.py"),
    ("worker.py", "worker/beat.py"),
)


def build(root: Path) -> None:
    """A tree with the real launcher and the small house."""
    shutil.copytree(ROOT / "app" / "launch", root / "app" / "launch", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "spean", root / "spean")
    for source, target in PARTS:
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(STAND_INS / source, root / target)
    (root / "app" / "http").mkdir()
    shutil.copy2(ROOT / "app" / "http" / "server.py", root / "app" / "http" / "server.py")
    for package in ("app", "app/cli", "app/http", "worker"):
        (root / package / "__init__.py").touch()


class Spean:
    """One tree, the launcher that runs in it, and what it leaves behind."""

    def __init__(self, root: Path) -> None:
        self.root = self.tree = root
        self.python = sys.executable
        self.user: int | None = None
        self.env = {"PATH": os.environ["PATH"], "SPEAN_VENV": sys.prefix, "LC_ALL": "C.UTF-8"}
        self.port = free_port()
        self.launcher: subprocess.Popen[str] | None = None
        self.homes = [root]

    @property
    def data(self) -> Path:
        return self.root / "var"

    def call(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command that ends by itself."""
        return subprocess.run(
            [self.python, self.tree / "spean", *words],
            env={**self.env, **env},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **self._as_user(),
        )

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """`./spean run`, where it is expected to end by itself."""
        return self.call("run", "--port", str(self.port), *words, **env)

    def start(self, *words: str, until: str = "Ctrl-C stops everything", within: float = 120, **env: str) -> float:
        """`./spean run`, until it says that it runs. Gives the seconds that took."""
        begun = time.monotonic()
        with (self.root / "said").open("w", encoding="utf-8") as said:
            self.launcher = subprocess.Popen(
                [self.python, self.tree / "spean", "run", "--port", str(self.port), *words],
                env={**self.env, **env},
                cwd=self.root,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
                **self._as_user(),
            )
        while until not in self.said():
            assert self.launcher.poll() is None, self.said()
            assert time.monotonic() < begun + within, self.said()
            time.sleep(0.05)
        return time.monotonic() - begun

    def _as_user(self) -> dict[str, object]:
        return {"user": self.user, "group": self.user, "extra_groups": []} if self.user is not None else {}

    def said(self) -> str:
        return (self.root / "said").read_text(encoding="utf-8")

    def note(self, name: str) -> str:
        return (self.data / "mail" / name).read_text(encoding="utf-8")

    def page(self, path: str = "/") -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return str(answer.read().decode())

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Signal the launcher; its exit code, and the seconds until it and all others were gone."""
        assert self.launcher is not None
        begun = time.monotonic()
        self.launcher.send_signal(number)
        code = self.launcher.wait(timeout=30)
        while self.processes() and time.monotonic() < begun + 30:
            time.sleep(0.05)
        return code, time.monotonic() - begun

    def processes(self) -> dict[int, str]:
        """Every living process of this tree: by its words, its folder or its environment."""
        marks, found = [str(home).encode() for home in self.homes], {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with suppress(OSError):
                    words = (entry / "cmdline").read_bytes()
                    whole = words + (entry / "environ").read_bytes()
                    if any(mark in whole for mark in marks) and birth(int(entry.name)):
                        found[int(entry.name)] = words.replace(b"\0", b" ").decode("utf-8", "replace")
        return found

    def pid_of(self, words: str) -> int:
        return next(pid for pid, said in sorted(self.processes().items()) if words in said)

    def clear(self) -> None:
        """After a failed test too, nothing stays."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.launcher is not None:
            self.launcher.wait(timeout=10)
        for home in self.homes:
            shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What only root does is no test for an ordinary user: left out, rather than skipped."""
    if os.geteuid() == 0:
        return
    roots = [item for item in items if "TestAsRoot" in item.nodeid]
    config.hook.pytest_deselected(items=roots)
    items[:] = [item for item in items if item not in roots]


@pytest.fixture
def spean() -> Iterator[Spean]:
    root = Path(tempfile.mkdtemp(prefix="spean-house-", dir="/tmp"))
    root.chmod(0o755)
    build(root)
    one = Spean(root)
    yield one
    one.clear()


@pytest.fixture
def ordinary() -> Iterator[tuple[int, Path]]:
    """An ordinary user's id, and this Python environment again where that user can enter it."""
    nobody = Account(65534, 65534)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    bases = [Path(sys.base_prefix) / "bin" / version, Path("/usr/bin") / version, Path("/usr/local/bin") / version]
    base = next((path for path in bases if path.exists() and nobody.reaches(path)), None)
    if base is None:
        pytest.skip(f"no {version} that an ordinary user can reach: install one in /usr/bin")
    home = Path(tempfile.mkdtemp(prefix="spean-user-", dir="/tmp"))
    home.chmod(0o755)
    subprocess.run([base, "-m", "venv", "--without-pip", home / "venv"], check=True)
    here, there = Path(sysconfig.get_path("purelib")), home / "venv" / "lib" / version / "site-packages"
    there.rmdir()
    if nobody.reaches(here):
        there.symlink_to(here)
    else:
        shutil.copytree(here, there)
    yield 65534, home / "venv"
    shutil.rmtree(home)
