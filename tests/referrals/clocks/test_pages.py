from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask, render_template

from app.http.session import signed_in, transaction
from referrals.clocks import queries
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.worker.timing import clock_made_right

GO_ON = "/status/clock/continue"


@pytest.fixture
def app(network: Network) -> Iterator[Flask]:
    clock_made_right(network)
    yield site(network)
    clock_made_right(network)


def stop(network: Network, why: str, off_by: float) -> None:
    with network.servers.administrator() as staging:
        staging.execute("UPDATE sec.clock SET stopped_at = now(), why = %s, off_by = %s", (why, off_by))


def panel(app: Flask, person: Person) -> str:
    """The part of the steward's page."""
    headers = {"Cookie": f"spean=s.{person.token}", "Accept-Language": "en"}
    with app.test_request_context("/status", headers=headers):
        assert signed_in()
        with transaction() as session:
            state = queries.state(session)
        assert state is not None
        return words_of(render_template("clocks/_clock.html", clock=state))


@pytest.mark.parametrize(("why", "off_by", "said"), [("ahead", 2592000, "ahead"), ("behind", -3600, "back")])
def test_a_steward_sees_that_the_clock_stopped_and_says_that_it_is_right(
    network: Network, app: Flask, why: str, off_by: float, said: str
) -> None:
    assert "not been compared yet" in panel(app, network.steward)
    stop(network, why, off_by)
    assert f"The clock has jumped {said} by" in panel(app, network.steward)
    browser = client_for(app, network.steward)
    assert browser.post(GO_ON).status_code == 303
    assert "It was right when it was last compared" in panel(app, network.steward)
    assert browser.post(GO_ON).status_code == 409, "nothing is stopped"
    with network.steward.transaction() as (session, _actor):
        found = queries.state(session)
    assert found is not None
    assert (found.stopped, found.off_by) == (False, timedelta())


def test_nobody_else_reads_it_or_goes_on(network: Network, app: Flask) -> None:
    ngo = network.organisation()
    stop(network, "ahead", 9999)
    assert ngo.manager is not None
    for person in (ngo.manager, ngo.person("caseworker", "outreach"), ngo.person("privacy")):
        assert client_for(app, person).post(GO_ON).status_code == 403
        with person.transaction() as (session, _actor):
            assert queries.state(session) is None
        with pytest.raises(Exception, match="not allowed"), person.transaction() as (session, _actor):
            session.connection().exec_driver_sql("SELECT sec.continue_clock()")
    with network.steward.transaction() as (session, _actor):
        found = queries.state(session)
    assert found is not None
    assert found.stopped
