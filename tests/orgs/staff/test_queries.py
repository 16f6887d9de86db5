from __future__ import annotations

import pytest

from app.core.errors import NotAllowed, NotFound
from app.core.ids import new_id
from orgs.staff import queries, use_cases
from tests.network import Network


def test_everybody_knows_the_organisations(network: Network) -> None:
    mine, other = network.organisation("ngo"), network.organisation("health_centre")
    with mine.person("outreach").transaction() as (session, _):
        assert queries.organisation(session, other.id).kind == "health_centre"
        assert set(queries.organisations(session, [mine.id, other.id, new_id()])) == {mine.id, other.id}
        receiving = queries.public_key(session, other.id)
        assert (len(receiving.key), receiving.version) == (32, 1)
        assert {mine.id, other.id} <= {one.id for one in queries.all_organisations(session)}
        for ask in (queries.organisation, queries.public_key):
            with pytest.raises(NotFound):
                ask(session, new_id())


def test_colleagues_are_those_of_the_own_organisation(network: Network) -> None:
    org, other = network.organisation(), network.organisation()
    nurse, peer = org.person("clinician", name="Bopha"), org.person("outreach", name="Arun")
    stranger = other.person("clinician", name="Vuthy")
    with nurse.transaction() as (session, actor):
        assert [one.name for one in queries.colleagues(session, actor, {"clinician", "outreach"})] == ["Arun", "Bopha"]
        names = queries.staff_names(session, org.id, [peer.staff_id, stranger.staff_id, None])
        assert names == {peer.staff_id: "Arun"}
        assert queries.staff_names(session, other.id, [stranger.staff_id]) == {}
        with pytest.raises(NotFound):
            queries.colleague(session, actor, stranger.staff_id)


def test_who_left_is_no_colleague_but_keeps_a_name(network: Network) -> None:
    org = network.organisation()
    gone = org.person("caseworker", name="Sarin")
    assert org.manager
    with org.manager.transaction() as (session, actor):
        use_cases.change_staff(session, actor, gone.staff_id, roles=frozenset({"caseworker"}), active=False, version=1)
        assert gone.staff_id not in {one.id for one in queries.colleagues(session, actor)}
        assert queries.everybody(session, actor)[-1].id == gone.staff_id
        assert queries.staff_names(session, org.id, [gone.staff_id]) == {gone.staff_id: "Sarin"}


def test_only_managers_see_invitations(network: Network) -> None:
    org = network.organisation()
    worker = org.person("caseworker")
    assert org.manager
    with org.manager.transaction() as (session, actor):
        use_cases.invite(session, actor, frozenset({"clinician"}))
        assert [one.roles for one in queries.open_invites(session, actor)] == [("clinician",)]
    with worker.transaction() as (session, actor), pytest.raises(NotAllowed):
        queries.open_invites(session, actor)
