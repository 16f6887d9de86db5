"""The key tree: a key-encryption key outside the database → an organisation's keys → a client's key.

Packets stand beside the tree: each part has its own key, wrapped to the sender and to the receiver, so that taking
the receiver's wrap away is enough.

Every level has versions, so that keys can be changed while people work (`app.core.rotation`): what is sealed says by
which version, old versions open until nothing needs them, and the newest seals.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, overload
from uuid import UUID

from sqlalchemy import Label, SQLColumnExpression, and_, insert, select
from sqlalchemy.orm import Session

from app.core import crypto
from app.core.db import actor
from app.core.kek import KeyEncryption
from app.core.key_rows import NOT_ALONG, ClientKey, OrgKey, check_known, client_along, own_along


@dataclass(frozen=True)
class NewOrgKeys:
    """What an organisation starts with, or changes to: a public key in the clear, the rest wrapped."""

    public_key: bytes
    kek_version: int
    data_key: bytes
    private_key: bytes


@dataclass(frozen=True)
class PublicKey:
    """To which an organisation's packets are sealed, and which version of its keys opens them."""

    key: bytes
    version: int


@dataclass(frozen=True)
class WrappedKey:
    """A packet part's key for one side, and the version of that side's keys that opens it."""

    version: int
    wrapped: bytes


@dataclass(frozen=True)
class SealedPart:
    """One part of a packet: its body and its key, wrapped once to each side."""

    body: bytes
    for_sender: WrappedKey
    for_receiver: WrappedKey


@dataclass(frozen=True)
class OrgSecrets:
    """One version of an organisation's keys, opened."""

    version: int
    data: bytes
    private: bytes
    counting: bytes


def new_org_keys(kek: KeyEncryption, kek_version: int, org_id: UUID, version: int = 1) -> NewOrgKeys:
    """Fresh keys for an organisation, wrapped under this version of the key-encryption key."""
    private, public = crypto.new_pair()
    return NewOrgKeys(
        public_key=public,
        kek_version=kek_version,
        data_key=kek.wrap(kek_version, crypto.new_key(), org_place(org_id, "data_key", version)),
        private_key=kek.wrap(kek_version, private, org_place(org_id, "private_key", version)),
    )


_ORG = OrgKey.version, OrgKey.kek_version, OrgKey.data_key, OrgKey.private_key, OrgKey.count_key


class Keyring:
    """The keys of one organisation, opened as they are needed and kept for one session."""

    def __init__(self, session: Session, kek: KeyEncryption, org_id: UUID) -> None:
        self._session = session
        self._kek = kek
        self.org_id = org_id
        self._org: dict[int, OrgSecrets] = {}
        self._clients: dict[UUID, dict[int, bytes]] = {}

    @property
    def is_open(self) -> bool:
        """Whether the organisation's own keys are here, so that they need not come along."""
        return bool(self._org)

    # --- the organisation's own key ---
    @property
    def newest(self) -> OrgSecrets:
        """The version that seals. Raises crypto.Unsealable."""
        return self._versions()[max(self._org)]

    def seal(self, table: str, column: str, row: UUID, value: str) -> bytes:
        """Seal a value that belongs to the organisation rather than to one client (a slip)."""
        check_known(table, column, client=False)
        own = self.newest
        where = self._field(table, column, row, own.version)
        return crypto.stamp(own.version, crypto.seal(own.data, value.encode(), where))

    def unseal(self, table: str, column: str, row: UUID, sealed: bytes) -> str:
        """Open what `seal` sealed. Raises crypto.Unsealable."""
        version, inner = crypto.stamped(sealed)
        return crypto.unseal(self._at(version).data, inner, self._field(table, column, row, version)).decode()

    def phone_hash(self, phone: str) -> bytes:
        """What a phone number is found by: keyed per organisation, so two organisations' hashes differ."""
        return _phone_hash(self.newest, phone)

    def phone_hashes(self, phone: str) -> list[bytes]:
        """What a phone may be stored as while keys are being changed: under each version."""
        return [_phone_hash(one, phone) for one in self._versions().values()]

    def pseudonym(self, client_id: UUID) -> bytes:
        """Under which a client is counted once in the uptake figures, and by which nobody finds them."""
        return crypto.keyed_hash(self.newest.counting, str(client_id))

    # --- a client's key ---
    def new_client(self, client_id: UUID) -> None:
        """Make a client's first key, or the next one."""
        generation, made = self.make_client(client_id)
        self._session.execute(
            insert(ClientKey).values(
                org_id=self.org_id, client_id=client_id, generation=generation, key_version=made.version,
                wrapped=made.wrapped,
            )
        )  # fmt: skip

    def make_client(self, client_id: UUID) -> tuple[int, WrappedKey]:
        """The same, held here, for whoever stores it themselves: its generation, and how it is to be stored."""
        held = self._clients.setdefault(client_id, {})
        generation, key = max(held, default=0) + 1, crypto.new_key()
        made = self.wrap_client(client_id, generation, key)
        held[generation] = key
        return generation, made

    def wrap_client(self, client_id: UUID, generation: int, key: bytes) -> WrappedKey:
        """A client's key under the organisation's newest."""
        own = self.newest
        where = self._client_place(client_id, generation, own.version)
        return WrappedKey(own.version, crypto.seal(own.data, key, where))

    def load_clients(self, client_ids: Iterable[UUID]) -> None:
        """Open many clients' keys in one query, before a list is shown."""
        missing = [i for i in client_ids if i not in self._clients]
        if not missing:
            return
        for client_id, generation, version, wrapped in self._wrapped(missing):
            key = self.open_client(client_id, generation, WrappedKey(version, wrapped))
            self._clients.setdefault(client_id, {})[generation] = key

    def along(self, client_id: SQLColumnExpression[UUID]) -> tuple[Label[Any], Label[Any]]:
        """What a list selects beside each client, so that keys come with the rows they open and in no other statement.

        Hand the rows to `bring`.
        """
        return client_along(self.org_id, client_id), NOT_ALONG if self.is_open else own_along(self.org_id)

    def bring(self, rows: Iterable[tuple[UUID, str | None, str | None]]) -> None:
        """Open what came along: a client's id, `client_keys` and `org_keys` of each row."""
        for client_id, theirs, ours in rows:
            self.bring_own(ours)
            if theirs and client_id not in self._clients:
                self._clients[client_id] = {
                    generation: self.open_client(client_id, generation, WrappedKey(version, bytes.fromhex(wrapped)))
                    for generation, version, wrapped in json.loads(theirs)
                }

    def bring_own(self, ours: str | None) -> None:
        """Open the organisation's own, if they came along and were not open."""
        if ours and not self._org:
            for version, kek_version, data, private, counting in json.loads(ours):
                sealed = bytes.fromhex(data), bytes.fromhex(private), counting and bytes.fromhex(counting)
                self._org[version] = opened(self._kek, self.org_id, version, kek_version, *sealed)

    def _wrapped(self, client_ids: list[UUID]) -> list[tuple[UUID, int, int, bytes]]:
        """Clients' keys as they stand. The first time, the organisation's own come in the same statement."""
        columns = ClientKey.client_id, ClientKey.generation, ClientKey.key_version, ClientKey.wrapped
        theirs = and_(ClientKey.org_id == self.org_id, ClientKey.client_id.in_(client_ids))
        if self._org:
            rows = self._session.execute(select(*columns).where(theirs))
            return [(row.client_id, row.generation, row.key_version, row.wrapped) for row in rows]
        # An outer join: every version of the organisation's is read, whether or not a client's key is under it.
        under = and_(theirs, ClientKey.org_id == OrgKey.org_id, ClientKey.key_version == OrgKey.version)
        both = select(*_ORG, *columns).outerjoin(ClientKey, under).where(OrgKey.org_id == self.org_id)
        found: list[tuple[UUID, int, int, bytes]] = []
        for row in self._session.execute(both).all():
            if row.version not in self._org:
                own = row.version, row.kek_version, row.data_key, row.private_key, row.count_key
                self._org[row.version] = opened(self._kek, self.org_id, *own)
            if row.client_id is not None:
                found.append((row.client_id, row.generation, row.key_version, row.wrapped))
        return found

    def open_client(self, client_id: UUID, generation: int, held: WrappedKey) -> bytes:
        """A client's key again. Raises crypto.Unsealable."""
        where = self._client_place(client_id, generation, held.version)
        return crypto.unseal(self._at(held.version).data, held.wrapped, where)

    def generation(self, client_id: UUID) -> int:
        """Which of the client's keys seals. Raises crypto.Unsealable for a client without a key."""
        return max(self._keys_of(client_id))

    @overload
    def seal_for(self, client_id: UUID, table: str, column: str, row: UUID, value: str) -> bytes: ...
    @overload
    def seal_for(self, client_id: UUID, table: str, column: str, row: UUID, value: str | None) -> bytes | None: ...
    def seal_for(self, client_id: UUID, table: str, column: str, row: UUID, value: str | None) -> bytes | None:
        """Seal a field under its client's key; None stays None."""
        if value is None:
            return None
        check_known(table, column, client=True)
        generation = self.generation(client_id)
        where = self._field(table, column, row, generation)
        return crypto.stamp(generation, crypto.seal(self._clients[client_id][generation], value.encode(), where))

    @overload
    def unseal_for(self, client_id: UUID, table: str, column: str, row: UUID, sealed: bytes) -> str: ...
    @overload
    def unseal_for(self, client_id: UUID, table: str, column: str, row: UUID, sealed: bytes | None) -> str | None: ...
    def unseal_for(self, client_id: UUID, table: str, column: str, row: UUID, sealed: bytes | None) -> str | None:
        """Open what `seal_for` sealed. Raises crypto.Unsealable."""
        if sealed is None:
            return None
        generation, inner = crypto.stamped(sealed)
        if generation not in self._keys_of(client_id):
            del self._clients[client_id]  # changed since this session looked
        key = self._keys_of(client_id).get(generation)
        if key is None:
            raise crypto.Unsealable
        return crypto.unseal(key, inner, self._field(table, column, row, generation)).decode()

    # --- packets ---
    def seal_part(self, receiver: PublicKey, referral_id: UUID, part: str, value: bytes) -> SealedPart:
        """Seal one part of a packet under a key of its own, and wrap that key to both sides."""
        key = crypto.new_key()
        return SealedPart(
            body=self._sealed_part(key, referral_id, part, value),
            for_sender=self.wrap_own_part(self.org_id, referral_id, part, key),
            for_receiver=wrap_part_to(receiver, self.org_id, referral_id, part, key),
        )

    def seal_own_part(self, referral_id: UUID, part: str, value: bytes) -> tuple[bytes, WrappedKey]:
        """The same for the sender alone, where the receiver's key is gone."""
        key = crypto.new_key()
        wrapped = self.wrap_own_part(self.org_id, referral_id, part, key)
        return self._sealed_part(key, referral_id, part, value), wrapped

    def _sealed_part(self, key: bytes, referral_id: UUID, part: str, value: bytes) -> bytes:
        return crypto.seal(key, value, _packet_place(self.org_id, referral_id, part))

    def wrap_own_part(self, sender_org_id: UUID, referral_id: UUID, part: str, key: bytes) -> WrappedKey:
        """The key of a part that this organisation sends, for itself."""
        own, where = self.newest, _packet_place(sender_org_id, referral_id, part)
        return WrappedKey(own.version, crypto.seal(own.data, key, where + crypto.place("sender", own.version)))

    def part_key(self, sender_org_id: UUID, referral_id: UUID, part: str, holder: str, held: WrappedKey) -> bytes:
        """The key of a packet's part, from the wrap that row-level security let this side read."""
        where = _packet_place(sender_org_id, referral_id, part) + crypto.place(holder, held.version)
        own = self._at(held.version)
        if holder == "sender":
            return crypto.unseal(own.data, held.wrapped, where)
        return crypto.unseal_from(own.private, held.wrapped, where)

    @staticmethod
    def open_part(key: bytes, sender_org_id: UUID, referral_id: UUID, part: str, body: bytes) -> bytes:
        """A part's content, with its key."""
        return crypto.unseal(key, body, _packet_place(sender_org_id, referral_id, part))

    def _keys_of(self, client_id: UUID) -> dict[int, bytes]:
        self.load_clients([client_id])
        if client_id not in self._clients:
            raise crypto.Unsealable
        return self._clients[client_id]

    def _at(self, version: int) -> OrgSecrets:
        """One version, also when it was made since this session looked."""
        if version not in self._versions():
            self._load()
        try:
            return self._org[version]
        except KeyError as error:
            raise crypto.Unsealable from error

    def _versions(self) -> dict[int, OrgSecrets]:
        if not self._org:
            self._load()
        if not self._org:
            raise crypto.Unsealable
        return self._org

    def _load(self) -> None:
        for row in self._session.execute(select(*_ORG).where(OrgKey.org_id == self.org_id)):
            self._org[row.version] = opened(self._kek, self.org_id, *row)

    def _field(self, table: str, column: str, row: UUID, version: int) -> bytes:
        return crypto.place(self.org_id, table, column, row, version)

    def _client_place(self, client_id: UUID, generation: int, version: int) -> bytes:
        return self._field("client_keys", "wrapped", client_id, version) + crypto.place(generation)


def keyring(session: Session) -> Keyring:
    """The acting organisation's keyring in this session. The key-encryption key is in `session.info['kek']`."""
    org_id = actor(session).org_id
    held = session.info.get("keyring")
    if not isinstance(held, Keyring) or held.org_id != org_id:
        held = Keyring(session, session.info["kek"], org_id)
        session.info["keyring"] = held
    return held


def opened(
    kek: KeyEncryption,
    org_id: UUID,
    version: int,
    kek_version: int,
    data: bytes,
    private: bytes,
    counting: bytes | None,
) -> OrgSecrets:
    """One row of `org_keys`, opened. Raises crypto.Unsealable."""
    key = kek.unwrap(kek_version, data, org_place(org_id, "data_key", version))
    return OrgSecrets(
        version=version,
        data=key,
        private=kek.unwrap(kek_version, private, org_place(org_id, "private_key", version)),
        counting=crypto.derive(key, "uptake")
        if counting is None
        else kek.unwrap(kek_version, counting, org_place(org_id, "count_key", version)),
    )


def wrap_part_to(receiver: PublicKey, sender_org_id: UUID, referral_id: UUID, part: str, key: bytes) -> WrappedKey:
    """The key of a packet's part, for whoever receives it."""
    where = _packet_place(sender_org_id, referral_id, part) + crypto.place("receiver", receiver.version)
    return WrappedKey(receiver.version, crypto.seal_to(receiver.key, key, where))


def org_place(org_id: UUID, column: str, version: int) -> bytes:
    """Where one of an organisation's keys stands (its associated data)."""
    return crypto.place(org_id, "org_keys", column, version)


def _packet_place(sender_org_id: UUID, referral_id: UUID, part: str) -> bytes:
    return crypto.place(sender_org_id, "packet_parts", part, referral_id, 1)


def _phone_hash(own: OrgSecrets, phone: str) -> bytes:
    return crypto.stamp(own.version, crypto.keyed_hash(crypto.derive(own.data, "phone"), phone))
