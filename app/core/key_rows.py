"""How keys stand in the database: their tables, what they seal, and how they come along with what they open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Label, SQLColumnExpression, Text, cast, func, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, points_to


class OrgKey(Base):
    """An organisation's data key and private key, both under the key-encryption key.

    `count_key`: the key of the pseudonyms, carried along from version to version; in the first it is the data key's.
    """

    __tablename__ = "org_keys"
    __table_args__ = (points_to("org_id", "organisations", "id"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    kek_version: Mapped[int]
    data_key: Mapped[bytes]
    private_key: Mapped[bytes]
    count_key: Mapped[bytes | None]
    created_at: Mapped[datetime]


class ClientKey(Base):
    """A client's key under the organisation's data key. Destroying all of a client's erases what they sealed.

    `generation` counts a client's keys; `key_version` is the organisation's key that wraps this one.
    """

    __tablename__ = "client_keys"
    __table_args__ = (points_to("org_id client_id", "clients", deferrable=True, initially="DEFERRED"),)

    org_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, default=1, server_default="1")
    key_version: Mapped[int]
    wrapped: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


@dataclass(frozen=True)
class SealedColumns:
    """Where sealed values stand: a table, the columns of its organisation and row, and the sealed ones.

    `client`: the column that names the client under whose key they are; "" when it is the organisation's own.
    """

    table: str
    org: str
    row: str
    columns: tuple[str, ...]
    client: str = ""


SEALED = (
    SealedColumns("clients", "org_id", "id", ("alias", "name", "phone", "reach", "facts"), client="id"),
    SealedColumns("client_notes", "org_id", "id", ("body",), client="client_id"),
    SealedColumns("drafts", "org_id", "id", ("body",), client="client_id"),
    SealedColumns("slips", "sender_org_id", "referral_id", ("secrets",)),
)
"""Everything a keyring seals. What is not named here cannot be sealed: changing keys would leave it behind."""
_KNOWN = {(one.table, column, bool(one.client)) for one in SEALED for column in one.columns}


def check_known(table: str, column: str, *, client: bool) -> None:
    """Raises LookupError for what changing keys would leave behind."""
    if (table, column, client) not in _KNOWN:
        raise LookupError(f"{table}.{column} is not in app.core.key_rows.SEALED")


NOT_ALONG: Label[Any] = literal(None, Text).label("org_keys")


def client_along(org_id: SQLColumnExpression[UUID] | UUID, client_id: SQLColumnExpression[UUID]) -> Label[Any]:
    """What a statement selects beside each client, so that their keys come along. Hand it to `Keyring.bring`."""
    packed = func.jsonb_build_array(ClientKey.generation, ClientKey.key_version, func.encode(ClientKey.wrapped, "hex"))
    theirs = select(cast(func.jsonb_agg(packed), Text)).where(
        ClientKey.org_id == org_id, ClientKey.client_id == client_id
    )
    return theirs.scalar_subquery().label("client_keys")


def own_along(org_id: SQLColumnExpression[UUID] | UUID) -> Label[Any]:
    """What a statement selects so that an organisation's keys come along. Hand it to `Keyring.bring_own`."""
    own = func.jsonb_build_array(
        OrgKey.version, OrgKey.kek_version, func.encode(OrgKey.data_key, "hex"),
        func.encode(OrgKey.private_key, "hex"), func.encode(OrgKey.count_key, "hex"),
    )  # fmt: skip
    ours = select(cast(func.jsonb_agg(own), Text)).where(OrgKey.org_id == org_id)
    return ours.scalar_subquery().label("org_keys")
