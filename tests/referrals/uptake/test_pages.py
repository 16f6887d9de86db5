"""From facts to what partners and officials read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from flask import Flask

from app.cli.__main__ import commands
from app.core import clock
from referrals.uptake import queries
from referrals.uptake.use_cases import publish_closed
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.referrals.uptake.publishing import forget_all, note, publisher
from tests.running import clock_right

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
JULY = date(2026, 7, 14)


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def worker(network: Network) -> Iterator[Person]:
    person = network.organisation().person("caseworker")
    forget_all(network)
    yield person
    forget_all(network)


def _publish(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(43), khan="1201", service="methadone")
    note(worker, JULY, "referred", range(100, 112), khan="1208", service="art")
    note(worker, JULY, "referred", range(200, 203), khan="1212", service="tb")
    note(worker, JULY, "arrived", range(24), khan="1201", service="methadone")
    note(worker, JULY, "heard", range(31), source="outreach")
    note(worker, JULY, "heard", range(300, 316), source="commune_office")
    with publisher(network) as session:
        assert publish_closed(session, NOW) == ["2026-Q3"]


@pytest.mark.parametrize("address", ["/uptake", "/uptake/quarter/2026-Q3", "/uptake/quarter/2026-Q3/print"])
def test_what_is_small_is_nowhere_on_the_page(app: Flask, network: Network, worker: Person, address: str) -> None:
    _publish(network, worker)
    official = network.organisation("commune", area="121201").person("official")
    for client, start in ((client_for(app, worker), ""), (client_for(app, official), "/office")):
        answer = client.get(start + address)
        assert answer.status_code == 200
        words = words_of(answer.text)
        for shown in ("Chamkar Mon 45", "Other khans 15", "Referred 60", "Arrived 25", "An outreach worker 30",
                      "A commune office 15", "Completed too few to show", "1 Jul 2026 to 30 Sep 2026"):  # fmt: skip
            assert shown in words, shown
        assert "The other khans together: some of them counted fewer than 10 people." in words
        for hidden in ("Chbar Ampov", "Sen Sok", "Tuberculosis"):
            assert hidden not in words, hidden


def test_before_the_first_period_is_over_the_page_says_so(app: Flask, worker: Person) -> None:
    assert "Nothing is published yet" in client_for(app, worker).get("/uptake").text


@pytest.mark.parametrize("address", ["/uptake/quarter/2026-Q4", "/uptake/month/2026-Q3", "/uptake/x/y/print"])
def test_a_period_that_is_not_published_is_not_found(
    app: Flask, network: Network, worker: Person, address: str
) -> None:
    _publish(network, worker)
    assert client_for(app, worker).get(address).status_code == 404


def test_the_print_page_of_nothing_is_not_found(app: Flask, worker: Person) -> None:
    assert client_for(app, worker).get("/uptake/quarter/2026-Q3/print").status_code == 404


def test_the_steward_chooses_months_and_a_stale_page_is_refused(app: Flask, network: Network, worker: Person) -> None:
    client = client_for(app, network.steward)
    with network.steward.transaction() as (session, _):
        version = queries.frequency(session).version
    assert client.get("/uptake/frequency").status_code == 200
    sent = {"kind": "month", "version": str(version)}
    assert client.post("/uptake/frequency", data=sent).status_code == 303
    again = client.post("/uptake/frequency", data={**sent, "kind": "quarter"})
    assert again.status_code == 409
    assert "This has changed since you opened it." in words_of(again.text)
    with network.steward.transaction() as (session, _):
        assert queries.frequency(session).kind == "month"
    assert client.post("/uptake/frequency", data={"kind": "quarter", "version": str(version + 1)}).status_code == 303


@pytest.mark.parametrize("sent", [{}, {"kind": "week", "version": "1"}, {"kind": "month", "version": "x"}])
def test_a_wrong_choice_changes_nothing(app: Flask, network: Network, sent: dict[str, str]) -> None:
    answer = client_for(app, network.steward).post("/uptake/frequency", data=sent)
    assert answer.status_code in {409, 422}
    with network.steward.transaction() as (session, _):
        assert queries.frequency(session).kind == "quarter"


def test_nobody_else_may_choose(app: Flask, worker: Person) -> None:
    client = client_for(app, worker)
    assert client.get("/uptake/frequency").status_code == 403
    assert client.post("/uptake/frequency", data={"kind": "month", "version": "1"}).status_code in {403, 409}
    assert "Change how often" not in client.get("/uptake").text


def test_the_choice_needs_the_pages_own_token(network: Network) -> None:
    client = client_for(site(network, csrf=True), network.steward)
    assert client.post("/uptake/frequency", data={"kind": "month", "version": "1"}).status_code == 400


def test_the_command_publishes_and_says_what(network: Network, worker: Person) -> None:
    note(worker, JULY, "referred", range(20))
    clock_right(network)
    run = CliRunner(env=network.servers.environ())
    with clock.at(NOW):
        assert run.invoke(commands, ["publish"]).stdout == "Published 2026-Q3.\n"
        assert run.invoke(commands, ["publish"]).stdout == "There is no closed period to publish.\n"
