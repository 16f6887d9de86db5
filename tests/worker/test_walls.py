"""What the worker's password is good for, and what not."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.cast import cast
from tests.network import Network
from worker import relay
from worker.context import Gone, Workshop

CLOSED = (
    "clients", "client_notes", "client_keys", "episodes", "consents", "drafts", "packet_parts", "packet_keys",
    "slips", "messages", "org_keys", "outbox", "audit_log", "uptake_facts", "invites",
)  # fmt: skip


def claim(workshop: Workshop) -> UUID:
    return relay.lease(workshop)[0].id


def refused(session: Session, query: str) -> bool:
    try:
        with session.begin_nested():
            session.execute(text(query))
    except ProgrammingError as error:
        return "permission denied" in str(error) or "no context" in str(error)
    return False


def test_even_inside_a_job_personal_tables_are_closed(network: Network, workshop: Workshop) -> None:
    cast(network).send()
    with workshop.on_job(claim(workshop)) as (session, _job):
        for table in CLOSED:
            assert refused(session, f"SELECT count(*) FROM app.{table}"), table


def test_who_a_referral_is_about_stands_in_columns_that_it_cannot_read(network: Network, workshop: Workshop) -> None:
    cast(network).send()
    with workshop.on_job(claim(workshop)) as (session, _job):
        for column in ("client_id", "pseudonym"):
            assert refused(session, f"SELECT {column} FROM app.referral_clients")
        for column in ("consent_id", "khan", "service"):
            assert refused(session, f"SELECT {column} FROM app.referrals")


def test_outside_a_job_nothing_answers(network: Network, workshop: Workshop) -> None:
    cast(network).send()
    with workshop.outside() as session:
        for table in ("staff", "referrals", "notifications", "referral_events", "programmes"):
            assert refused(session, f"SELECT count(1) FROM app.{table}"), table


def test_a_job_opens_the_organisation_that_is_told_and_no_other(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    team.send()
    with workshop.on_job(claim(workshop)) as (session, job):
        assert job.org_id == team.clinic.id
        orgs = set(session.execute(text("SELECT org_id FROM app.staff")).scalars())
        assert orgs == {team.clinic.id}
        assert session.execute(text("SELECT count(staff_id) FROM app.referral_clients")).scalar_one() == 0


def test_no_job_no_due_referral_no_entry(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    referral_id = team.send()
    with pytest.raises(Gone), workshop.on_job(uuid4()):
        pass
    with pytest.raises(Gone), workshop.on_due(team.ngo.id, referral_id):
        pass
