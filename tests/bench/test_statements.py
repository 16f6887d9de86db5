"""What a list costs in statements, from the request to the answer, the context, the audit and the bell included."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app.core import clock
from orgs.clients.use_cases.records import create_client
from tests.cast import SOKHA, Cast, cast
from tests.network import Network
from tests.pages import client_for, site
from tests.statements import heard

MOST = {
    ("nurse", "/inbox"): 6,
    ("nurse", "/api/v1/referrals?side=receiver"): 2,
    ("outreach", "/api/v1/referrals?side=sender"): 2,
    ("outreach", "/outbox/drafts"): 4,
    ("outreach", "/outbox"): 6,
    ("outreach", "/clients"): 6,
}
"""Six is what any list may cost, also one that opens names."""
MOST_OF_A_WRITE = 14


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@pytest.mark.parametrize(("who", "path"), MOST)
def test_a_list_costs_the_same_statements_however_long(pages: Flask, people: Cast, who: str, path: str) -> None:
    client = client_for(pages, getattr(people, who))

    def cost() -> list[str]:
        with heard(pages) as said:
            assert client.get(path).status_code == 200
        return said

    people.send()
    few = cost()
    with people.outreach.transaction() as (session, actor):
        other = create_client(session, actor, SOKHA)
    for _ in range(3):
        people.send(people.consent(people.second_id)[0])
        replace(people, client_id=other).send()
    many = cost()
    assert len(many) == len(few) == MOST[who, path], "\n".join(many)


def test_a_step_costs_few_statements_with_its_answer(pages: Flask, people: Cast) -> None:
    """The context, the audit, the outbox and what the answer shows are all counted."""
    outreach, nurse = (client_for(pages, one) for one in (people.outreach, people.nurse))
    consents = [people.consent()[0] for _ in range(2)]
    for consent in consents:
        with heard(pages) as sending:
            sent = outreach.post("/api/v1/referrals", json={"consent_id": str(consent)})
        assert sent.status_code == 201
    path = f"/api/v1/referrals/{sent.json['id']}"
    assert len(sending) <= MOST_OF_A_WRITE, "\n".join(sending)
    for client, step, body in (
        (nurse, "accept", {"at": (clock.now() + timedelta(days=1)).isoformat()}),
        (outreach, "withdraw", {}),
    ):
        with heard(pages) as said:
            assert client.post(f"{path}/{step}", json=body).status_code == 200
        assert len(said) <= MOST_OF_A_WRITE, "\n".join(said)
