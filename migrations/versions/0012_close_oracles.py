"""What a key would tell of another organisation's rows is refused before the key is asked.

A foreign key is checked around row security. A permission for a programme that its organisation has not published
must therefore fail in the same way whether there is such a programme or not.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"

SQL = """
CREATE POLICY in_sight ON app.consents AS RESTRICTIVE FOR INSERT TO spean_web
    WITH CHECK (EXISTS (SELECT 1 FROM app.programmes p
        WHERE p.org_id = consents.receiver_org_id AND p.id = consents.programme_id));
"""


def upgrade() -> None:
    op.execute(SQL)
