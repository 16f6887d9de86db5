"""Which account the servers run as. PostgreSQL refuses to run as root, rightly.

An ordinary user runs everything as themselves. Root runs the servers as a system account that owns nothing but
their files, and Spean's own processes too, where that account can read the code.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.launch.trouble import Trouble

NAME = "spean"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def reaches(self, path: Path, *, how: str = "-x") -> bool:
        """Whether this account can get at `path` (`-x` enter or run, `-r` read).

        The kernel is asked: it knows access lists and mounts.
        """
        asked = subprocess.run(
            ["test", how, str(path)], cwd="/", check=False, user=self.uid, group=self.gid, extra_groups=[]
        )
        return asked.returncode == 0


def server_account(existing: Path | None = None) -> Account | None:
    """The account for the servers; None: the one we run as. An `existing` data folder keeps its owner."""
    if os.geteuid() != 0:
        return None
    if existing is not None and existing.exists():
        owner = existing.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    entry = _find(os.environ.get("SPEAN_SERVER_USER") or NAME) or _create() or _find("nobody")
    if entry is None or entry.pw_uid == 0:
        raise Trouble(
            "PostgreSQL does not run as root, and no account could be made for it: name one in SPEAN_SERVER_USER."
        )
    return Account(entry.pw_uid, entry.pw_gid)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is None or os.environ.get("SPEAN_SERVER_USER"):
        return None
    options = [
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
    ]
    subprocess.run([useradd, *options, NAME], check=False, capture_output=True)
    return _find(NAME)
