from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.__main__ import commands
from app.cli.backup import programs_for
from tests.network import Network, Person, Servers


def run(servers: Servers, *words: str | Path, **environ: str) -> Result:
    """One of the operator's commands, with the administrator's connection too."""
    given = {**servers.environ(), "SPEAN_ADMIN_URL": servers.admin_url, **environ}
    return CliRunner(env=given).invoke(commands, [str(word) for word in words])


@dataclass(frozen=True)
class Copy:
    """A backup's two files, and PostgreSQL's programs that read them."""

    data: Path
    keys: Path
    programs: Path


@dataclass
class Safe:
    """Folders for copies, and empty databases to restore into."""

    servers: Servers
    folder: Path
    label: str
    count: int = 0

    def copy(self) -> Copy:
        """Run the command, as the backup's role."""
        self.count += 1
        data, keys = self.folder / f"data-{self.count}", self.folder / f"keys-{self.count}"
        data.mkdir()
        keys.mkdir()
        made = run(self.servers, "backup", data, keys, SPEAN_ADMIN_URL="")
        assert made.exit_code == 0, made.output
        return Copy(*(Path(line) for line in made.stdout.splitlines()), programs_for(self.servers.urls["spean_backup"]))

    def empty(self) -> Servers:
        """A migrated database with nobody in it."""
        self.count += 1
        return Servers.migrated(self.servers.admin_url, self.servers.redis_url, f"{self.label}_{self.count}")


def elsewhere(servers: Servers, person: Person) -> Person:
    """The same person, signed in anew on a restored copy."""
    return Network(servers).sign_in(person.email, person.org_id, person.staff_id)


@pytest.fixture
def safe(servers: Servers, tmp_path: Path, worker_id: str) -> Safe:
    return Safe(servers, tmp_path, f"{worker_id}_restored")
