"""Clients as an actor may see them: values, opened, apart from rows and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orgs.clients.records import Record


@dataclass(frozen=True)
class ClientView:
    """One client as the actor may see them. `record` lacks the clinical details that the actor does not see."""

    id: UUID
    code: str
    record: Record
    worker_id: UUID
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int

    @property
    def shown(self) -> str:
        return self.record.shown


@dataclass(frozen=True)
class ClientName:
    """What a client is called in a list: the alias or else the name, and the code."""

    code: str
    shown: str

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True)
class ClientLine:
    """A client in the list."""

    id: UUID
    code: str
    alias: str
    name: str
    area: str | None
    worker_id: UUID
    updated_at: datetime
    archived: bool

    @property
    def shown(self) -> str:
        return self.alias or self.name


@dataclass(frozen=True)
class Found:
    """What a search found, newest first. `more`: there is more than is shown."""

    lines: tuple[ClientLine, ...]
    more: bool = False
