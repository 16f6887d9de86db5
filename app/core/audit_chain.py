"""What the audit's chain must look like, computed apart from the database that keeps it.

Every entry is hashed over all its columns, each with its length in front (ASVS 5.0 16.4.2: logs cannot be modified
unnoticed; RFC 6962 chains and witnesses its logs to the same end). A link hashes the one before it, its own number and
the entry. `migrations/versions/0007_chain_audit.py` writes the links; nothing here asks it how.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the audit. `detail` is PostgreSQL's own text of the JSON."""

    org_id: UUID
    id: UUID
    at: datetime
    staff_id: UUID | None
    action: str
    subject: str
    subject_id: UUID | None
    ref: str | None
    outcome: str
    detail: str


@dataclass(frozen=True)
class Link:
    """One link of a chain, and the entry it names, if that is still there."""

    seq: int
    audit_id: UUID
    row_hash: bytes
    chain: bytes
    entry: Entry | None


@dataclass(frozen=True)
class Head:
    """Where a chain ends, and the checkpoint from which on its entries are kept."""

    org_id: UUID
    seq: int
    chain: bytes
    pruned_seq: int = 0
    pruned_chain: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What opens a commitment: which head it was, and the nonce that hides it from its holder."""

    org_id: UUID
    holder_org_id: UUID
    day: date
    seq: int
    chain: bytes
    nonce: bytes


@dataclass(frozen=True)
class Witness:
    """A partner's own entry about another organisation's head."""

    holder_org_id: UUID
    org_id: UUID
    at: datetime
    commitment: bytes

    @classmethod
    def of(cls, link: Link) -> Witness | None:
        """The witness that an entry is, if it is one."""
        entry = link.entry
        if entry is None or entry.action != "audit.witness" or entry.subject_id is None:
            return None
        return cls(entry.org_id, entry.subject_id, entry.at, bytes.fromhex(json.loads(entry.detail)["head"]))


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written: which organisation, which link or entry, and what is wrong."""

    org_id: UUID
    what: str
    seq: int | None = None
    audit_id: UUID | None = None

    def __str__(self) -> str:
        place = [f"link {self.seq}"] if self.seq is not None else []
        place += [f"entry {self.audit_id}"] if self.audit_id else []
        return f"organisation {self.org_id}{''.join(f', {one}' for one in place)}: {self.what}"


def framed(value: bytes | None) -> bytes:
    """A value with its length in front (four bytes, big-endian), so that no two lists give the same bytes."""
    return b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + value


def row_hash(entry: Entry) -> bytes:
    """SHA-256 over all columns of an entry."""
    micros = (entry.at - _EPOCH) // timedelta(microseconds=1)
    columns = (
        b"spean audit entry 1",
        entry.org_id.bytes,
        entry.id.bytes,
        micros.to_bytes(8, "big", signed=True),
        entry.staff_id.bytes if entry.staff_id else None,
        entry.action.encode(),
        entry.subject.encode(),
        entry.subject_id.bytes if entry.subject_id else None,
        None if entry.ref is None else entry.ref.encode(),
        entry.outcome.encode(),
        entry.detail.encode(),
    )
    return hashlib.sha256(b"".join(map(framed, columns))).digest()


def genesis(org_id: UUID) -> bytes:
    """What the first link of an organisation hangs on."""
    return hashlib.sha256(framed(b"spean audit chain 1") + framed(org_id.bytes)).digest()


def link(before: bytes, seq: int, row: bytes) -> bytes:
    """The hash of a link, from the one before it."""
    return hashlib.sha256(framed(before) + framed(seq.to_bytes(8, "big")) + framed(row)).digest()


def commitment(org_id: UUID, seq: int, chain: bytes, nonce: bytes) -> bytes:
    """What a partner holds of a head: nothing can be read from it, and no other head opens it."""
    parts = (b"spean audit head 1", org_id.bytes, seq.to_bytes(8, "big"), chain, nonce)
    return hashlib.sha256(b"".join(map(framed, parts))).digest()


class Walk:
    """One organisation's chain, walked link by link from its checkpoint; collects what is wrong with it.

    `reached` holds the chain's hash at the numbers in `wanted`, for comparison with what others witnessed.
    """

    def __init__(self, head: Head, wanted: Iterable[int] = ()) -> None:
        self._head = head
        self._seq = head.pruned_seq
        self._chain = head.pruned_chain if head.pruned_seq else genesis(head.org_id)
        self._wanted = frozenset(wanted)
        self._checkpoint = f'"chain": "{head.pruned_chain.hex()}"' if head.pruned_seq else ""
        self.reached: dict[int, bytes] = {self._seq: self._chain}

    def follow(self, links: Iterable[Link]) -> Iterator[Fault]:
        """Check links in the order of their numbers; each broken place is named once."""
        for one in links:
            yield from self._check(one)
            self._seq, self._chain = one.seq, one.chain
            if one.seq in self._wanted:
                self.reached[one.seq] = one.chain
            if one.entry and one.entry.action == "audit.prune" and self._checkpoint in one.entry.detail:
                self._checkpoint = ""

    def holds(self, seq: int, chain: bytes) -> bool:
        """Whether the chain had this hash at a wanted number. What was pruned since cannot be asked any more."""
        return seq < self._head.pruned_seq or self.reached.get(seq) == chain

    def end(self) -> Iterator[Fault]:
        """Check that the chain ends where its head says."""
        if (self._seq, self._chain) != (self._head.seq, self._head.chain):
            yield Fault(self._head.org_id, f"the chain ends here, but its head says {self._head.seq}", self._seq)
        if self._checkpoint:
            yield Fault(self._head.org_id, "nothing says that earlier entries were pruned", self._head.pruned_seq)

    def _check(self, one: Link) -> Iterator[Fault]:
        org_id, entry = self._head.org_id, one.entry
        if one.seq != self._seq + 1:
            yield Fault(org_id, f"links are missing before this one, after {self._seq}", one.seq, one.audit_id)
        elif link(self._chain, one.seq, one.row_hash) != one.chain:
            yield Fault(org_id, "the link does not follow from the one before it", one.seq, one.audit_id)
        if entry is None:
            yield Fault(org_id, "the entry was removed", one.seq, one.audit_id)
        elif row_hash(entry) != one.row_hash:
            yield Fault(org_id, "the entry was edited, or another stands in its place", one.seq, one.audit_id)


def doubts(walks: Mapping[UUID, Walk], openings: Iterable[Opening], witnesses: Iterable[Witness]) -> Iterator[Fault]:
    """What partners witnessed and the chains no longer show: cut off, or written anew from some link on."""
    known = {
        (one.holder_org_id, commitment(one.org_id, one.seq, bytes(one.chain), bytes(one.nonce))): one
        for one in openings
    }
    for one in witnesses:
        opened = known.get((one.holder_org_id, one.commitment))
        told = f"organisation {one.holder_org_id} witnessed on {one.at:%Y-%m-%d}"
        if opened is None or opened.org_id != one.org_id or one.org_id not in walks:
            yield Fault(one.org_id, f"nothing opens what {told}")
        elif not walks[one.org_id].holds(opened.seq, bytes(opened.chain)):
            yield Fault(one.org_id, f"the chain was cut or written anew: not what {told}", opened.seq)
