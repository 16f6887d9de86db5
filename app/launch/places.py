"""Where everything lies on disk, and the lock that keeps two launchers off one data folder.

    DIR/secrets.env   passwords and keys, made once          DIR/log/   one log for each process
    DIR/state.json    what runs, for the other commands      DIR/mail/  mail that the demo sent
    DIR/lock          held while a launcher runs             DIR/beat/  the scheduler's memory
    DIR/postgres/     the database                           DIR/run/   the servers' sockets

No folder that was there before gets other permissions. Where root's data folder lies below one that the
servers' account may not enter (such as /root), what the servers need lies in /var/lib/spean-<hash> instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.launch.accounts import Account, server_account
from app.launch.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
SOCKET_ROOM = 90  # bytes for the folder: a socket's whole path has 107 on Linux
PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Places:
    data: Path
    home: Path  # holds what the servers' account must reach
    account: Account | None

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def secrets(self) -> Path:
        return self.data / "secrets.env"

    @property
    def state(self) -> Path:
        return self.data / "state.json"

    @property
    def prepared(self) -> Path:
        """What has been done to the embedded database, and on which grounds."""
        return self.data / "prepared.json"

    @property
    def published(self) -> Path:
        """When the last run of the publisher that succeeded began."""
        return self.data / "published"

    @property
    def signins(self) -> Path:
        """Who can sign in to the demo, as the demo itself says."""
        return self.data / "demo-signins.txt"

    @property
    def unfinished_demo(self) -> Path:
        """Is there from before a new database's demo is loaded until it is whole: no web ever ran in between."""
        return self.data / "demo-unfinished"

    def log(self, name: str) -> Path:
        return self.data / "log" / f"{name}.log"


def prepare(data: Path) -> Places:
    """Make the data folder's rooms. A folder that was there keeps its permissions."""
    data = data.expanduser().absolute()
    try:
        if not data.exists():
            data.mkdir(parents=True)
            data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for room in ("log", "mail", "beat"):
            (data / room).mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as error:
        raise Trouble(f"Cannot write to {data}: {error.strerror}. Choose another folder with --data.") from None
    return _with_home(data)


def open_home(data: Path) -> Path:
    """Where root's servers keep what they need when their account may not enter the data folder."""
    return Path("/var/lib") / f"spean-{hashlib.sha256(bytes(data.resolve())).hexdigest()[:12]}"


def _with_home(data: Path) -> Places:
    elsewhere = open_home(data)
    known = next((home for home in (data, elsewhere) if (home / "postgres").exists()), None)
    account = server_account(known / "postgres" if known else None)
    if known or account is None or account.reaches(data):
        return Places(data, known or data, account)
    try:
        elsewhere.mkdir(mode=0o711, exist_ok=True)
    except OSError as error:
        raise Trouble(
            f"The database server's account cannot enter {data}, and {elsewhere} could not be made "
            f"for it ({error.strerror}). Choose a folder that others may enter with --data."
        ) from None
    return Places(data, elsewhere, account)


@contextmanager
def sockets(places: Places) -> Iterator[Path]:
    """A folder of mode 0700 for the servers' sockets, owned by their account, gone afterwards.

    It is `run/` in the data folder, unless that path is longer than a socket's name may be.
    """
    usual = places.home / "run"
    if len(bytes(usual)) <= SOCKET_ROOM and PLAIN.fullmatch(str(usual)):
        shutil.rmtree(usual, ignore_errors=True)
        usual.mkdir(mode=0o700)
        folder = usual
    else:
        folder = Path(tempfile.mkdtemp(prefix="spean-", dir="/tmp"))  # short
    if places.account:
        places.account.own(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the data folder for one launcher. The kernel lets go when it dies, however it dies."""
    with (data / "lock").open("a+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            pid = handle.read().strip() or "unknown"
            raise Trouble(
                f"Spean already runs on {data} (process {pid}). Stop it first, or choose another folder with --data."
            ) from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


def held(data: Path) -> bool:
    """Whether a launcher runs on this folder."""
    try:
        with (data / "lock").open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write_privately(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one go: a reader sees the old one or the new one, never half."""
    draft = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        draft.unlink()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)


def read_state(places: Places) -> dict[str, Any]:
    """What the last launcher noted; empty when there was none or its note is torn."""
    try:
        state = json.loads(places.state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write_state(places: Places, state: dict[str, Any]) -> None:
    write_privately(places.state, json.dumps(state, indent=2) + "\n")
