"""A word of its own for every field in which a person can be told of, and the places where none may turn up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import text

from app.core import ids
from app.launch.programs import of_environment, of_system
from orgs.clients.records import Facts, Record
from orgs.facts import Detail
from tests.journeys.house import House
from tests.journeys.visitor import Visitor
from tests.network import Servers

CODED = frozenset({"language"})
"""Texts of a record that are chosen from a list: no person can be told by them."""
STORED = """async () => {
    const all = [document.cookie, window.name, JSON.stringify(history.state), JSON.stringify({...localStorage}),
                 JSON.stringify({...sessionStorage})];
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
            all.push(request.url, await (await cache.match(request)).text());
        }
    }
    for (const {name} of await indexedDB.databases()) {
        const open = indexedDB.open(name);
        const base = await new Promise((done, failed) => { open.onsuccess = () => done(open.result);
                                                           open.onerror = failed; });
        for (const store of base.objectStoreNames) {
            const found = base.transaction(store).objectStore(store).getAll();
            all.push(JSON.stringify(await new Promise(done => { found.onsuccess = () => done(found.result); })));
        }
    }
    return all.join('\\n');
}"""


def texts_of_a_record() -> set[str]:
    """Every field of a client's record that holds free text, by name."""
    plain = {one.name for kind in (Record, Facts) for one in fields(kind) if one.type == "str"}
    return (plain - CODED) | {detail.value for detail in Detail}


class Canaries:
    """One for each field. Nothing else is spelt like them, not in other tests either."""

    def __init__(self) -> None:
        self._tag = ids.code(8)
        number = "".join(Random(self._tag).choices("123456789", k=7))  # noqa: S311 - no secret
        self.phone = f"097{number}"
        self.record = {name: self.of(name) for name in texts_of_a_record() - {"phone"}} | {"phone": self.phone}

    def of(self, field: str) -> str:
        return f"Zq{field.replace('_', '')}{self._tag}"

    @property
    def note(self) -> str:
        return self.of("note")

    @property
    def message(self) -> str:
        return self.of("message")

    @property
    def request(self) -> str:
        return self.of("request")

    @property
    def draft(self) -> str:
        return self.of("draft")

    def as_sent(self) -> dict[str, object]:
        """As a program sends a record."""
        details = {detail.value: self.record[detail.value] for detail in Detail}
        top = {one.name: self.record[one.name] for one in fields(Record) if one.name in self.record}
        facts = {"contact_notes": self.record["contact_notes"], "details": details}
        return {**top, "heard_from": "peer", "facts": facts}

    def words(self) -> tuple[str, ...]:
        """As they would turn up; the phone in whatever form it is written."""
        return (*(word for name, word in self.record.items() if name != "phone"), self.phone.removeprefix("0"),
                self.note, self.message, self.request, self.draft)  # fmt: skip

    def found_in(self, said: str) -> list[str]:
        low = said.casefold()
        return [word for word in self.words() if word.casefold() in low]

    def found_in_bytes(self, raw: bytes) -> list[str]:
        """As text in either width that browsers use, or as the digits in which a dump writes bytes."""
        return [
            word for word in self.words()
            if any(one in raw for one in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()))
        ]  # fmt: skip


class Quick(Visitor):
    """Notes where it has been, and leaves the examining of each page to the other journeys."""

    def _examine(self) -> None:
        self.house.titles.append(str(self.page.title()))


def stored_by(page: Any) -> str:
    """Everything that a page can have put away in its browser."""
    cookies = " ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    return f"{page.evaluate(STORED)}\n{cookies}"


def files_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()


def dump(servers: Servers) -> bytes:
    """The whole database as its backup's role takes it away, readable."""
    with servers.engines["spean_backup"].connect() as connection:
        major = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    brought = of_environment(Path(sys.prefix))
    program = (brought if brought.major() == major else of_system()).postgres_bin / "pg_dump"
    return subprocess.run([program, servers.urls["spean_backup"]], check=True, capture_output=True).stdout


def read_pdf(raw: bytes) -> str:
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=raw, capture_output=True, check=True
    ).stdout.decode()


@dataclass(frozen=True)
class Mistake:
    """A request that goes wrong with a person's words in it."""

    method: str
    address: str
    body: bytes
    kind: str = "application/json"


def mistakes(canaries: Canaries, client: UUID, referral: str) -> Iterator[Mistake]:
    """In as many ways as there are answers to them."""
    record, words = canaries.as_sent(), " ".join(canaries.words())
    long, api = words * 20, "/api/v1"

    def sent(end: str, body: object, method: str = "POST") -> Mistake:
        return Mistake(method, f"{api}/{end}", json.dumps(body).encode())

    def form(method: str, address: str, **values: str) -> Mistake:
        return Mistake(method, address, urlencode(values).encode(), "application/x-www-form-urlencoded")

    yield Mistake("POST", f"{api}/clients", f'{{"record": "{words}'.encode())
    yield Mistake("POST", f"{api}/clients", words.encode(), "text/plain")
    yield sent("clients", {"record": {name: [word] for name, word in record.items()}})
    yield sent("clients", {"record": dict.fromkeys(record, long)})
    yield sent("clients", {"record": {**record, "heard_from": canaries.note}})
    yield sent("clients", {"record": {**record, "area": canaries.note}})
    yield sent("clients", {"record": {**record, "phone": words[:40]}})
    yield sent(f"clients/{client}", {"record": record, "version": 99}, "PUT")
    yield sent(f"clients/{client}", record, "PATCH")
    yield sent(f"clients/{client}/notes", {"kind": canaries.note, "body": long})
    yield sent("referrals", {"consent_id": canaries.note, "note": long})
    yield sent(f"referrals/{referral}/message", {"text": canaries.message, "question": canaries.note})
    yield sent(f"referrals/{referral}/accept", {"at": canaries.note})
    yield sent("nowhere", record)
    yield form("POST", "/clients/new", **canaries.record)
    yield form("POST", "/nowhere", **canaries.record)
    yield form("DELETE", f"/clients/{client}", **canaries.record)
    yield form("POST", "/clients/new", alias=words * 6000)


def ask(house: House, mistake: Mistake, **headers: str) -> tuple[int, str]:
    """On a connection of its own, which the server may close on a body that it does not read."""
    line = HTTPConnection("127.0.0.1", house.port, timeout=30)
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            line.request(mistake.method, mistake.address, mistake.body, {"Content-Type": mistake.kind, **headers})
        answer = line.getresponse()
        return answer.status, f"{answer.headers}\n{answer.read().decode()}"
    finally:
        line.close()
