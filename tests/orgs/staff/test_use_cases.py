from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import ProgrammingError

from app.core.audit import AuditRow
from app.core.errors import Invalid, NotAllowed, NotFound
from orgs.staff import own_access, queries, use_cases
from orgs.staff.models import Staff
from tests.network import Network


def test_a_steward_sees_nobody_of_another_house(network: Network) -> None:
    office = network.organisation("commune")
    office.person("official")
    with network.steward.transaction() as (session, _):
        assert session.scalar(select(func.count()).select_from(Staff).where(Staff.org_id == office.id)) == 0


def test_a_steward_invites_managers_and_officials_only(network: Network) -> None:
    org = network.organisation()
    for roles in ({"caseworker"}, {"manager", "caseworker"}, {"official"}):
        with network.steward.transaction() as (session, actor), pytest.raises(Invalid):
            use_cases.invite(session, actor, frozenset(roles), org_id=org.id)


def test_nobody_but_the_steward_ends_officials_not_even_by_sql(network: Network) -> None:
    office, org = network.organisation("commune"), network.organisation()
    official = office.person("official")
    assert org.manager
    with org.manager.transaction() as (session, actor):
        with pytest.raises(NotAllowed):
            use_cases.end_officials(session, actor, office.id)
        with pytest.raises(ProgrammingError, match="not allowed"), session.begin_nested():
            session.execute(text("SELECT sec.end_officials(:org)"), {"org": office.id})
    with network.steward.transaction() as (session, actor):
        with pytest.raises(NotFound):
            use_cases.end_officials(session, actor, org.id)
        with pytest.raises(ProgrammingError, match="not allowed"), session.begin_nested():
            session.execute(text("SELECT sec.end_officials(:org)"), {"org": org.id})
    with official.transaction() as (_, actor):
        assert actor.staff_id == official.staff_id


def test_a_manager_cannot_reach_into_another_house(network: Network) -> None:
    org, other = network.organisation(), network.organisation()
    stranger = other.person("caseworker")
    assert org.manager
    with org.manager.transaction() as (session, actor):
        for act in (
            lambda: use_cases.new_password_link(session, actor, stranger.staff_id),
            lambda: use_cases.change_staff(
                session, actor, stranger.staff_id, roles=frozenset({"manager"}), active=True, version=1
            ),
            lambda: use_cases.invite(session, actor, frozenset({"manager"}), org_id=other.id),
        ):
            with pytest.raises((NotFound, NotAllowed)):
                act()
        changed = session.execute(update(Staff).where(Staff.id == stranger.staff_id).values(roles=["manager"]))
        assert changed.rowcount == 0


def test_what_managers_do_is_recorded(network: Network) -> None:
    org = network.organisation()
    peer = org.person("outreach")
    assert org.manager
    with org.manager.transaction() as (session, actor):
        use_cases.invite(session, actor, frozenset({"outreach"}))
        use_cases.new_password_link(session, actor, peer.staff_id)
        use_cases.change_staff(session, actor, peer.staff_id, roles=frozenset({"outreach"}), active=False, version=1)
    with org.manager.transaction() as (session, actor):
        rows = session.scalars(
            select(AuditRow.action).where(AuditRow.org_id == org.id, AuditRow.staff_id == actor.staff_id)
        )
        assert {"staff.invite", "staff.reset_link", "staff.change"} <= set(rows)


def test_a_password_link_lasts_one_day(network: Network) -> None:
    org = network.organisation()
    peer = org.person("outreach")
    assert org.manager
    with org.manager.transaction() as (session, actor):
        use_cases.new_password_link(session, actor, peer.staff_id)
        [link] = [one for one in queries.open_invites(session, actor) if one.staff_id]
    assert link.expires_at - link.made_at == timedelta(days=1)


@pytest.mark.parametrize(("label", "days"), [("", 30), ("x" * 61, 30), ("Reports", 0), ("Reports", 366)])
def test_a_token_has_a_purpose_and_an_end(network: Network, label: str, days: int) -> None:
    with network.organisation().person("caseworker").transaction() as (session, actor):
        with pytest.raises(Invalid):
            own_access.make_token(session, actor, label=label, days=days)
        assert [one.kind for one in own_access.open_access(session, actor)] == ["browser"]
