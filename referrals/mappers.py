"""The mapping of all tables, whole in every process.

A process that imports less than another resolves less: a foreign key to a table whose class was never imported raises
`NoReferencedTableError` at the first statement that needs it. Each process therefore calls `configure` as it starts.
"""

from __future__ import annotations

from sqlalchemy.orm import configure_mappers

import app.core.audit
import app.core.idempotency
import app.core.key_rows
import orgs.mappers
import referrals.consents.models
import referrals.deliveries.models
import referrals.life.models
import referrals.notices.models
import referrals.sending.models
import referrals.slips.models
import referrals.uptake.models
from app.core.db import Base


def configure() -> None:
    """Configure all mappers and resolve every foreign key, or raise sqlalchemy.exc.InvalidRequestError."""
    configure_mappers()
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            key.column  # noqa: B018 - looks the column up, and raises where its table is not known
