"""What somebody inside an organisation cannot give themselves by SQL, and what a steward cannot reach at all."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Insert, insert, update
from sqlalchemy.exc import ProgrammingError

from app.core import clock, keys
from app.core.audit import AuditRow
from app.core.context import Actor
from app.core.ids import new_id
from orgs.staff.models import Invite, Organisation, Staff
from tests.network import KEK, Network, Org, Person


@pytest.fixture
def ngo(network: Network) -> Org:
    return network.organisation()


def refused(person: Person, *statements: object) -> None:
    with person.transaction() as (session, _actor):
        for statement in statements:
            with pytest.raises(ProgrammingError, match=r"not allowed|row-level security"), session.begin_nested():
                session.execute(statement)  # type: ignore[call-overload]


def link(org_id: UUID, roles: list[str], by: UUID, staff_id: UUID | None = None) -> Insert:
    return insert(Invite).values(
        org_id=org_id, id=new_id(), token_hash=bytes(32), roles=roles, staff_id=staff_id, made_by=by,
        made_at=clock.now(), expires_at=clock.now() + timedelta(days=1),
    )  # fmt: skip


def test_roles_are_not_taken_by_who_has_them_not(ngo: Org) -> None:
    outreach, peer = ngo.person("outreach"), ngo.person("caseworker")
    refused(outreach, update(Staff).where(Staff.id == outreach.staff_id).values(roles=["caseworker", "clinician"]))
    refused(outreach, update(Staff).where(Staff.id == outreach.staff_id).values(active=False))
    with outreach.transaction() as (session, _actor):
        change = update(Staff).values(language="en").returning(Staff.id)
        own, others = change.where(Staff.id == outreach.staff_id), change.where(Staff.id == peer.staff_id)
        assert session.scalars(own).all() == [outreach.staff_id]
        assert session.scalars(others).all() == []


def test_links_into_an_organisation_are_a_managers_to_make_in_their_own_name(ngo: Org) -> None:
    outreach, peer = ngo.person("outreach"), ngo.person("clinician")
    assert ngo.manager is not None
    refused(
        outreach,
        link(ngo.id, ["caseworker"], outreach.staff_id),
        link(ngo.id, ["clinician"], outreach.staff_id, peer.staff_id),
    )
    refused(ngo.manager, link(ngo.id, ["steward"], ngo.manager.staff_id), link(ngo.id, ["outreach"], peer.staff_id))


def test_a_steward_makes_no_link_to_what_clients_told(network: Network, ngo: Org) -> None:
    peer, steward = ngo.person("caseworker"), network.steward
    refused(
        steward,
        link(ngo.id, ["caseworker"], steward.staff_id),
        link(ngo.id, ["manager", "clinician"], steward.staff_id),
        link(ngo.id, ["manager"], steward.staff_id, peer.staff_id),
    )


def test_a_steward_puts_no_other_keys_over_those_in_use(network: Network, ngo: Org) -> None:
    made = keys.new_org_keys(KEK, 1, ngo.id)
    refused(
        network.steward,
        insert(keys.OrgKey).values(
            org_id=ngo.id, version=2, kek_version=1, data_key=made.data_key, private_key=made.private_key,
            created_at=clock.now(),
        ),
    )  # fmt: skip
    with network.steward.transaction() as (session, _actor), pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(update(Organisation).where(Organisation.id == ngo.id).values(public_key=made.public_key))


def test_nobody_writes_the_audit_in_anothers_name(ngo: Org) -> None:
    outreach, peer = ngo.person("outreach"), ngo.person("caseworker")

    def row(actor_id: UUID | None) -> Insert:
        return insert(AuditRow).values(
            org_id=ngo.id, id=new_id(), at=clock.now(), staff_id=actor_id, action="client.read", subject="client",
            outcome="done", detail={},
        )  # fmt: skip

    refused(outreach, row(peer.staff_id), row(None))
    with outreach.transaction() as (session, actor):
        assert isinstance(actor, Actor)
        session.execute(row(actor.staff_id))
