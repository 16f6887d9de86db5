from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select, text

from app.core.audit import AuditRow
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from orgs.programmes import queries
from orgs.programmes.use_cases import change_programme, make_programme
from orgs.staff.queries import organisation
from tests.network import Network
from tests.orgs.programmes.programme_values import GOOD, like_good


def test_a_change_is_stored_with_its_team_and_recorded(network: Network) -> None:
    org = network.organisation()
    nurse, guide = org.person("clinician"), org.person("outreach")
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        made = make_programme(session, actor, like_good(team=frozenset({nurse.staff_id})))
    changed = like_good(name_en="  A safer   place ", capacity=None, team=frozenset({guide.staff_id}), accepting=False)
    with org.manager.transaction() as (session, actor):
        change_programme(session, actor, made, changed, version=1)
    with org.manager.transaction() as (session, actor):
        mine = queries.to_manage(session, actor, made)
        actions = session.execute(
            select(AuditRow.action, AuditRow.staff_id)
            .where(AuditRow.org_id == org.id, AuditRow.subject_id == made)
            .order_by(AuditRow.at)
        ).all()
    assert (mine.view.name_en, mine.capacity, mine.view.accepting) == ("A safer place", None, False)
    assert (mine.team, mine.version) == ({guide.staff_id}, 2)
    assert [tuple(row) for row in actions] == [
        ("programme.make", org.manager.staff_id),
        ("programme.change", org.manager.staff_id),
    ]


def test_whoever_saves_second_is_told(network: Network) -> None:
    org = network.organisation()
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        made = make_programme(session, actor, GOOD)
        change_programme(session, actor, made, like_good(name_en="First"), version=1)
    with pytest.raises(Conflict), org.manager.transaction() as (session, actor):
        change_programme(session, actor, made, like_good(name_en="Second"), version=1)
    with org.manager.transaction() as (session, actor):
        assert queries.to_manage(session, actor, made).view.name_en == "First"


@pytest.mark.parametrize("roles", [("outreach",), ("caseworker", "clinician")])
def test_only_managers_keep_programmes(network: Network, roles: tuple[str, ...]) -> None:
    org = network.organisation()
    with pytest.raises(NotAllowed), org.person(*roles).transaction() as (session, actor):
        make_programme(session, actor, GOOD)
    with pytest.raises(NotAllowed), org.person(*roles).transaction() as (session, actor):
        change_programme(session, actor, uuid4(), GOOD, version=1)


def test_a_steward_offers_no_services(network: Network) -> None:
    with pytest.raises(NotAllowed), network.steward.transaction() as (session, actor):
        make_programme(session, actor, GOOD)


def test_another_organisations_programme_is_not_found(network: Network) -> None:
    home, away = network.organisation(), network.organisation()
    assert home.manager is not None
    assert away.manager is not None
    with home.manager.transaction() as (session, actor):
        made = make_programme(session, actor, GOOD)
    for programme_id in (made, uuid4()):
        with pytest.raises(NotFound), away.manager.transaction() as (session, actor):
            change_programme(session, actor, programme_id, GOOD, version=1)


def test_a_forgotten_condition_changes_nothing_of_others(network: Network) -> None:
    home, away = network.organisation(), network.organisation()
    assert home.manager is not None
    assert away.manager is not None
    with home.manager.transaction() as (session, actor):
        made = make_programme(session, actor, GOOD)
    with away.manager.transaction() as (session, _actor):
        session.execute(text("UPDATE app.programmes SET name_en = 'Taken over'"))
    with home.manager.transaction() as (session, _actor):
        assert queries.programme(session, made).name_en == GOOD.name_en


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name_km": ""}, "name_km"),
        ({"area": "999999"}, "area"),
        ({"meeting_point_en": "The needle exchange"}, "meeting_point_en"),
        ({"response_minutes": 10}, "response_minutes"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(network: Network, changes: dict[str, object], field: str) -> None:
    org = network.organisation()
    assert org.manager is not None
    with pytest.raises(Invalid) as refused, org.manager.transaction() as (session, actor):
        make_programme(session, actor, like_good(**changes))
    assert set(refused.value.fields) == {field}
    with org.manager.transaction() as (session, actor):
        assert queries.own(session, actor) == []


def test_the_own_name_does_not_stand_on_the_slip(network: Network) -> None:
    org = network.organisation()
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        name = organisation(session, org.id).en
        with pytest.raises(Invalid) as refused:
            make_programme(session, actor, like_good(meeting_point_en=f"Beside {name}"))
    assert set(refused.value.fields) == {"meeting_point_en"}


def test_a_team_is_of_colleagues_who_work_cases(network: Network) -> None:
    home, away = network.organisation(), network.organisation()
    assert home.manager is not None
    stranger = away.person("clinician")
    for wrong in (stranger.staff_id, home.manager.staff_id, uuid4()):
        with pytest.raises(Invalid) as refused, home.manager.transaction() as (session, actor):
            make_programme(session, actor, like_good(team=frozenset({wrong})))
        assert set(refused.value.fields) == {"team"}
