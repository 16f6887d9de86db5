"""Who signs in here cannot be found out by trying: a known name fails as an unknown one does."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.network import Network, Person
from tests.pages import client_for, site, steady
from tests.statements import heard


@pytest.fixture(scope="module")
def known(network: Network) -> Person:
    return network.organisation("ngo").person("outreach")


def writes(network: Network, login: str) -> bool:
    """Whether a failed sign-in writes, so that its commit waits for the disk."""
    with network.servers.engines["spean_public"].begin() as connection:
        values = {"login": login, "derived": bytes(32), "token": bytes(32)}
        assert not connection.execute(text("SELECT * FROM sec.sign_in(:login, :derived, :token)"), values).all()
        return connection.execute(text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")).scalar_one() is True


def test_a_failure_is_as_much_work_for_a_name_that_nobody_has(network: Network, known: Person) -> None:
    assert writes(network, known.email)
    assert writes(network, "nobody@example.org")


def test_a_locked_name_is_as_much_work(network: Network) -> None:
    locked = network.organisation("ngo").person("outreach")
    assert all(writes(network, locked.email) for _ in range(12))


def test_the_page_and_its_statements_are_the_same(network: Network, known: Person) -> None:
    app = site(network)
    said: list[list[str]] = []
    answers = []
    for email in (known.email, "nobody@example.org"):
        with heard(app) as statements:
            answer = client_for(app).post("/sign-in", data={"email": email, "password": "not this one"})
        said.append(statements)
        answers.append((answer.status_code, steady(answer.text).replace(email, ""), sorted(answer.headers.keys())))
    assert answers[0] == answers[1]
    assert said[0] == said[1]
    assert len(said[0]) == 2
