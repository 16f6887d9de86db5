"""What stands in the database after something was done, read around the walls by the role that makes backups."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from tests.network import Network


def rows(network: Network, statement: str, **given: object) -> list[Row[Any]]:
    with network.servers.engines["spean_backup"].connect() as connection:
        return list(connection.execute(text(statement), given))


def referral(network: Network, referral_id: UUID) -> Row[Any]:
    return rows(network, "SELECT * FROM app.referrals WHERE id = :id", id=referral_id)[0]


def events(network: Network, referral_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    found = rows(
        network, "SELECT kind, detail FROM app.referral_events WHERE referral_id = :id ORDER BY at", id=referral_id
    )
    return [(row.kind, row.detail) for row in found]


def told(network: Network, referral_id: UUID) -> set[tuple[UUID, str]]:
    """Which organisations are still to be told of what."""
    found = rows(
        network, "SELECT org_id, kind FROM app.outbox WHERE referral_id = :id AND done_at IS NULL", id=referral_id
    )
    return {(row.org_id, row.kind) for row in found}


def audited(network: Network, referral_id: UUID) -> list[str]:
    found = rows(network, "SELECT action FROM app.audit_log WHERE subject_id = :id ORDER BY at", id=referral_id)
    return [row.action for row in found]


def receivers_keys(network: Network, referral_id: UUID) -> int:
    found = rows(
        network,
        "SELECT 1 FROM app.packet_keys WHERE referral_id = :id AND holder = 'receiver'",
        id=referral_id,
    )
    return len(found)
