"""The same app in this process, to see what the wire does not show: its statements, and how they are planned.

Statements are counted as they are sent, whoever sends them: the context, the audit, the outbox, the bell. (BEGIN and
COMMIT are not.) A read's plans are those of its very statements and values, asked again under the restricted role in
an entered transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event

from app.bench.asking import Ask
from app.bench.network import Doors
from app.factory import create_app
from app.http.session import database

SMALL = frozenset({"areas", "network_settings", "organisations", "uptake_releases", "programmes", "programme_records"})
"""What is not more when there are more referrals: the directory. Reading all of it is no scan that grows."""

KEYS = frozenset({"referrals_in_id"})
"""Indexes that lead to one row, beside the primary and the unique keys."""
_CURSOR = 1
"""The row at which a page begins is read to be left out."""


@dataclass(frozen=True)
class Said:
    """A statement and its values."""

    statement: str
    values: Any


@dataclass(frozen=True)
class Plan:
    """What one statement read, through which indexes, and what in its plan would grow with the table."""

    statement: str
    buffers: int
    indexes: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()


@dataclass
class Inside:
    """One size's app, without a server."""

    app: Flask
    doors: Doors
    heard: list[Said] = field(default_factory=list)

    @classmethod
    def of(cls, doors: Doors) -> Inside:
        made = cls(create_app(doors.settings), doors)
        made.app.testing = True
        with made.app.app_context():
            for engine in database.engines.values():
                event.listen(engine, "before_cursor_execute", made._note)
        return made

    def _note(self, _connection: Connection, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        self.heard.append(Said(statement, values))

    def send(self, ask: Ask) -> tuple[float, bytes, bytes]:
        """As `Wire.send`: the head and the body of the answer. Raises RuntimeError unless it is the expected one."""
        client = self.app.test_client(use_cookies=False)
        got = client.open(
            ask.path, method=ask.method, data=ask.body, headers=dict(ask.headers),
            content_type=None if ask.body is None else ask.kind,
        )  # fmt: skip
        if got.status_code != ask.status:
            raise RuntimeError(f"{ask.method} {ask.path} answered {got.status_code}")
        head = "".join(f"\r\n{name}: {value}" for name, value in got.headers)
        return 0.0, head.encode(), got.data

    def statements(self, ask: Ask) -> list[Said]:
        """What one request says to the database."""
        self.heard.clear()
        self.send(ask)
        return list(self.heard)

    def plans(self, said: list[Said], token: str) -> list[Plan]:
        """How the reads among these statements are planned and what they touch, for whoever has this session."""
        with self.doors.acting(token) as (session, _actor):
            return self.planned(session.connection(), said)

    @staticmethod
    def planned(connection: Connection, said: list[Said]) -> list[Plan]:
        """The same, in a transaction that has entered already."""
        return [_plan(connection, one) for one in said if _reads(one.statement)]

    def wandering(self, said: list[Said], token: str) -> list[str]:
        """Which indexes the writes among these and their policies go through, other than keys. Nothing is written.

        Such an index is good for a list; for the one row that a write asks about it grows with the box.
        """
        with self.doors.acting(token) as (session, _actor):
            found = [_explained(session.connection(), one, "") for one in said if not _reads(one.statement)]
        used = frozenset[str]().union(*map(_indexes, found))
        return sorted(one for one in used - KEYS if not one.endswith(("_pkey", "_key")))

    def close(self) -> None:
        with self.app.app_context():
            for engine in engines(self.app):
                engine.dispose()


def engines(app: Flask) -> list[Engine]:
    """The app's pools of connections."""
    with app.app_context():
        return list(database.engines.values())


def _reads(statement: str) -> bool:
    return statement.lstrip().startswith(("SELECT", "WITH")) and "INSERT INTO" not in statement


def _plan(connection: Connection, said: Said) -> Plan:
    root = _explained(connection, said, "ANALYZE, BUFFERS, ")
    buffers = root["Shared Hit Blocks"] + root["Shared Read Blocks"]
    return Plan(said.statement, buffers, _indexes(root), tuple(_faults(root)))


def _explained(connection: Connection, said: Said, options: str) -> Mapping[str, Any]:
    got = connection.exec_driver_sql(f"EXPLAIN ({options}FORMAT JSON) {said.statement}", said.values).scalar_one()
    root: Mapping[str, Any] = (json.loads(got) if isinstance(got, str) else got)[0]["Plan"]
    return root


def _indexes(root: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(node["Index Name"] for node in _nodes(root) if "Index Name" in node)


def _faults(root: Mapping[str, Any]) -> Iterator[str]:
    """What makes a plan slower the more rows there are: a scan of a table that grows, a sort, rows read in vain."""
    for node in _nodes(root):
        kind, table = node["Node Type"], node.get("Relation Name", "")
        if kind in {"Seq Scan", "Parallel Seq Scan"} and table not in SMALL:
            yield f"{kind} on {table}"
        if kind in {"Sort", "Incremental Sort"} and not _small(node):
            yield kind
        vain = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        if vain > _CURSOR and table not in SMALL and not _small(node):
            yield f"{vain} rows removed by filter in {kind} on {table or 'a result'}"


def _small(node: Mapping[str, Any]) -> bool:
    """Whether all that stands below reads only small tables."""
    tables = {one["Relation Name"] for one in _nodes(node) if "Relation Name" in one}
    return bool(tables) and tables <= SMALL


def _nodes(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield root
    for child in root.get("Plans", ()):
        yield from _nodes(child)


@contextmanager
def inside(doors: Doors) -> Iterator[Inside]:
    """The app, and its connections closed afterwards."""
    made = Inside.of(doors)
    try:
        yield made
    finally:
        made.close()
