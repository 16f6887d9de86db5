"""Each migration runs over rows that the ones before it left behind, and those rows stay readable."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core import db, ids, keys
from app.core.migrate import config, upgrade
from orgs.staff import signing_in, use_cases
from orgs.staff.models import Organisation, Staff
from tests.network import CHEAP, KEK, PASSWORD, Servers

EMAIL = "first@example.org"


@pytest.fixture
def fresh(servers: Servers) -> Iterator[Servers]:
    made = Servers.provisioned(servers.admin_url, servers.redis_url, "steps")
    yield made
    made.clear()


def revisions() -> list[str]:
    """All revisions, the oldest first."""
    walked = ScriptDirectory.from_config(config("")).walk_revisions()
    return [script.revision for script in reversed(list(walked))]


def test_there_is_one_line_of_migrations() -> None:
    assert len(ScriptDirectory.from_config(config("")).get_heads()) == 1
    assert revisions() == sorted(revisions())


def test_every_migration_runs_over_rows(fresh: Servers) -> None:
    first, *later = revisions()
    upgrade(fresh.urls["spean_migrator"], first)
    token = _join(fresh, _first_steward)
    for revision in later:
        upgrade(fresh.urls["spean_migrator"], revision)
        assert _seen(fresh, token) == (1, 1), revision


def test_running_them_again_changes_nothing(fresh: Servers) -> None:
    upgrade(fresh.urls["spean_migrator"])
    token = _join(fresh, lambda session: use_cases.first_steward(session, KEK, name_km="ក", name_en="Steward"))
    upgrade(fresh.urls["spean_migrator"])
    assert _seen(fresh, token) == (1, 1)


def _join(fresh: Servers, first_steward: Callable[[Session], str]) -> str:
    with Session(fresh.engines["spean_migrator"]) as session, db.transaction(session):
        invite = first_steward(session)
    with Session(fresh.engines["spean_public"]) as session, db.transaction(session):
        signing_in.accept_invite(
            session, invite, name="Chan", email=EMAIL, password=PASSWORD, language="en", cost=CHEAP
        )
        return signing_in.sign_in(session, EMAIL, PASSWORD, CHEAP).token


def _first_steward(session: Session) -> str:
    """As the first migration knows one, with no check of the key-encryption key yet."""
    org_id, token = ids.new_id(), ids.token()
    made = keys.new_org_keys(KEK, 1, org_id)
    names = ":org, 'ST', 'ក', 'Steward', :public, 1, :data, :private, :invite, :token, false"
    session.execute(
        text(f"SELECT sec.first_steward({names})"),
        {
            "org": org_id, "public": made.public_key, "data": made.data_key, "private": made.private_key,
            "invite": ids.new_id(), "token": signing_in.token_hash(token),
        },
    )  # fmt: skip
    return token


def _seen(fresh: Servers, token: str) -> tuple[int, int]:
    """How many organisations and colleagues the first person sees, from a process that begins anew."""
    fresh.engines["spean_web"].dispose()
    with Session(fresh.engines["spean_web"]) as session:
        db.entering(session, db.by_token(token))
        with db.transaction(session):
            count = [session.scalar(select(func.count()).select_from(model)) for model in (Organisation, Staff)]
    return count[0] or 0, count[1] or 0


def test_mails_of_before_become_deliveries(fresh: Servers) -> None:
    """What waited is queued, under the id of its notice; what failed stays to be seen; the rest is history."""
    before = revisions()[revisions().index("0030") - 1]
    upgrade(fresh.urls["spean_migrator"], before)
    _join(fresh, lambda session: use_cases.first_steward(session, KEK, name_km="ក", name_en="Steward"))
    with fresh.administrator() as rows:
        for state in ("waiting", "sent", "failed", "off"):
            rows.execute(
                "INSERT INTO app.notifications (org_id, id, staff_id, event_id, referral_id, kind, ref, at, email)"
                " SELECT org_id, gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 'sent', 'R-8KQ2M7T',"
                " now() - interval '1 day', %s FROM app.staff",
                (state,),
            )
    upgrade(fresh.urls["spean_migrator"])
    with fresh.administrator() as rows:
        found = rows.execute(
            "SELECT d.state, d.reason, d.channel, d.next_at <= now(), d.attempts FROM app.deliveries d"
            " JOIN app.notifications n USING (org_id, id, staff_id, event_id, at) ORDER BY d.state"
        ).fetchall()
    assert found == [
        ("failed", "not_noted", "email", True, 0),
        ("queued", None, "email", True, 0),
        ("sent", None, "email", True, 0),
    ]
