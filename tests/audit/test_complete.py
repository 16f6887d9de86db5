"""Every answer is counted against the audit: what showed a person, what changed something, what was refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Row, text
from werkzeug.routing import Rule

from app.core.errors import Invalid
from orgs.staff import signing_in
from tests.cast import CANARIES
from tests.network import CHEAP, Network, Person
from tests.pages import client_for, site
from tests.walls.test_every_route import ask, tries
from tests.walls.world import World, world

READS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("api_clients.Clients", "clients.index"), ("client.list",)),
    **dict.fromkeys(
        (
            "api_clients.OneClient", "api_clients.ClientTimeline", "api_consents.Consents", "clients.show",
            "clients.edit", "clients.note", "clients.end", "clients.begin", "clients.reassign", "sending.resume",
            "sending.consent", "sending.programmes", "sending.needs", "sending.review", "sending.words",
            "sending.start", "sending.withdraw", "erasing.erase",
        ),
        ("client.read",),
    ),
    "outbox.drafts": ("client.names",),
    "api_referrals.OneReferral": ("packet.read",),
    "referral.show": ("packet.read",),
    "slips.paper": ("slip.print",),
    "disclosures.show": ("accounting.read",),
    "disclosures.paper": ("accounting.print",),
    "receipts.show": ("consent.receipt",),
    "receipts.paper": ("consent.print",),
}  # fmt: skip
"""What the client's own worker reads, and the one entry (or more) that each reading leaves."""

QUIET: frozenset[str] = frozenset({
    # Nobody's record: words, one's own account, the directory, figures and published counts.
    "home", "csrf", "static", "http.static", "help.about", "help.guide", "languages.switch", "leave.leave",
    "account.profile", "account.save", "account.password", "tokens.mine", "api_consents.Words", "api_docs.page",
    "api_docs.document_json", "api_programmes.Directory", "api_programmes.OneProgramme", "clients.make",
    "clients.search", "figures.show", "officials.home", "officials.programme", "officials.latest",
    "officials.period", "officials.printed", "programmes.directory", "programmes.show", "programmes.edit",
    "programmes.make", "programmes.ours", "signing_in.form", "signing_in.invitation", "uptake.latest",
    "uptake.period", "uptake.printed", "uptake.frequency",
    # References and states of referrals, and nobody's name.
    "inbox.show", "outbox.show", "api_boxes.Referrals", "notices.index", "notices.show", "api_notices.Notices",
    "referral.do", "sending.done",
    # Colleagues and organisations, for those who look after them.
    "staff.people", "staff.person", "staff.invite", "organisations.everyone", "organisations.one",
    "organisations.new",
    # Closed to whoever works with clients; what a privacy officer opens there is counted with what is done.
    "privacy.show", "retention.keeping", "deliveries.index", "status.show", "api_status.Status",
    "up.answer",
})  # fmt: skip
"""What can be looked at without an entry, since nobody's data is shown."""
NOWHERE = frozenset({"static", "http.static", "signing_in.invitation", "signing_in.join", "figures.show"})
"""Answers of "not found" that deny nothing: a file, a link that lapsed, a span of days that there is not."""


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def everything(network: Network) -> World:
    return world(network)


class Book:
    """The entries of everybody, as they come."""

    def __init__(self, network: Network) -> None:
        self._engine = network.servers.engines["spean_backup"]
        self._known: set[UUID] = set()
        self._since = datetime.min.replace(tzinfo=UTC)
        self.new()

    def new(self) -> list[Row[Any]]:
        """What was not there when this was last asked. An entry is at most a minute older than when it is written."""
        query = text("SELECT *, clock_timestamp() AS asked FROM app.audit_log WHERE at >= :since ORDER BY at")
        with self._engine.connect() as connection:
            rows = connection.execute(query, {"since": self._since}).all()
        fresh = [row for row in rows if row.id not in self._known]
        self._known.update(row.id for row in fresh)
        self._since = max((row.asked - timedelta(minutes=1) for row in rows), default=self._since)
        return fresh


def names_somebody(body: str, rule: Rule) -> bool:
    return rule.endpoint != "api_docs.document_json" and any(word in body for word in (*CANARIES, "Canary-Kept"))


def test_each_reading_leaves_exactly_its_entry(app: Flask, everything: World, network: Network) -> None:
    browser, book = client_for(app, everything.team.outreach), Book(network)
    read = set()
    for rule, method, address, _body in tries(app, everything):
        if method != "GET":
            continue
        assert rule.endpoint in READS.keys() | QUIET, f"say what {rule.endpoint} leaves in the audit"
        answer = browser.get(address)
        left = [row for row in book.new() if row.outcome == "done"]
        if answer.status_code in {403, 404}:
            assert left == [], address
            continue
        assert tuple(row.action for row in left) == READS.get(rule.endpoint, ()), (address, answer.status_code)
        assert left or not names_somebody(answer.text, rule), address
        assert {(row.org_id, row.staff_id) for row in left} <= {(everything.team.ngo.id, browser_of(everything))}
        read.add(rule.endpoint)
    assert READS.keys() <= read


def browser_of(everything: World) -> UUID:
    return everything.team.outreach.staff_id


@pytest.mark.parametrize("absent", [False, True])
def test_each_refusal_leaves_exactly_one_entry_at_whoever_was_refused(
    app: Flask,
    everything: World,
    network: Network,
    absent: bool,  # noqa: FBT001 - a case
) -> None:
    outsider = network.organisation("ngo").person("outreach", "caseworker", "clinician")
    browser, book, refused = client_for(app, outsider), Book(network), 0
    for rule, method, address, body in tries(app, everything, absent=absent):
        if not rule.arguments & everything.ids.keys():
            continue
        answer = ask(browser, method, address, body)
        left = book.new()
        if answer.status_code not in {403, 404} or rule.endpoint in NOWHERE:
            assert [row for row in left if row.outcome == "denied"] == [], (method, address)
            continue
        assert [(row.outcome, row.org_id, row.staff_id) for row in left] == [
            ("denied", outsider.org_id, outsider.staff_id)
        ], (method, address)
        assert left[0].subject_id is not None, (method, address)
        refused += 1
    assert refused > 100


@pytest.mark.parametrize("who", ["outreach", "nurse", "manager", "steward"])
def test_whatever_is_done_leaves_an_entry_and_no_entry_holds_a_persons_words(
    app: Flask, network: Network, who: str
) -> None:
    everything = world(network)
    team = everything.team
    person = {
        "outreach": team.outreach,
        "nurse": team.nurse,
        "manager": everything.manager,
        "steward": network.steward,
    }[who]
    book, kept = Book(network), everything.snapshot()
    for rule, method, address, body in tries(app, everything):
        if rule.endpoint == "account.sign_out_everywhere" or (who == "steward" and rule.endpoint.startswith("staff")):
            continue  # the run's steward and everybody's sessions stay as they were found
        fresh: Person = network.sign_in(person.email, person.org_id, person.staff_id)
        book.new()
        answer = ask(client_for(app, fresh), method, address, body)
        left = book.new()
        if answer.status_code in {403, 404} and rule.endpoint not in NOWHERE:
            assert [row.outcome for row in left] == ["denied"], (method, address)
        assert left or not names_somebody(answer.text, rule), (method, address)
        now = everything.snapshot()
        changed = {table for table in now if now[table] != kept[table]} - {"outbox"}
        assert left or not changed, (method, address, changed)
        kept = now
        for row in left:
            assert "Somebody" not in str(row), (method, address)
            assert not [word for word in CANARIES if word in str(row)], (method, address)


def actions(network: Network, person: Person) -> list[tuple[str, str]]:
    with network.servers.engines["spean_backup"].connect() as connection:
        rows = connection.execute(
            text("SELECT action, outcome FROM app.audit_log WHERE staff_id = :staff ORDER BY at"),
            {"staff": person.staff_id},
        ).all()
    return [(row.action, row.outcome) for row in rows]


def test_signing_in_and_out_leaves_entries_and_so_does_failing_to(network: Network) -> None:
    person = network.organisation().person("outreach")
    before = len(actions(network, person))
    with network._anonymous() as session:
        signed = signing_in.sign_in(session, person.email, "bridge over water", CHEAP)
    with network._anonymous() as session, suppress(Invalid):  # committed, as the page does it
        signing_in.sign_in(session, person.email, "another bridge over", CHEAP)
    with network._anonymous() as session:
        signing_in.sign_out(session, signed.token)
    assert actions(network, person)[before:] == [
        ("session.begin", "done"), ("session.refused", "denied"), ("session.end", "done")
    ]  # fmt: skip


def test_a_name_that_nobody_has_leaves_nothing(network: Network) -> None:
    book = Book(network)
    with network._anonymous() as session, pytest.raises(Invalid):
        signing_in.sign_in(session, "nobody.at.all@example.org", "bridge over water", CHEAP)
    assert book.new() == []


def test_a_new_password_leaves_an_entry(network: Network) -> None:
    person = network.organisation().person("outreach")
    with person.transaction() as (session, _actor):
        signing_in.change_password(session, person.email, "bridge over water", "water over bridge", CHEAP)
    assert ("password.change", "done") in actions(network, person)


def test_a_wrong_guess_at_the_present_password_leaves_an_entry(app: Flask, network: Network) -> None:
    person = network.organisation().person("outreach")
    wrong = {"old": "not it at all", "new": "water over bridge", "again": "water over bridge"}
    assert client_for(app, person).post("/account/password", data=wrong).status_code == 422
    assert actions(network, person)[-1] == ("password.refused", "denied")


def test_inviting_the_first_steward_leaves_an_entry_that_names_nobody(network: Network) -> None:
    with network.servers.engines["spean_backup"].connect() as connection:
        rows = connection.execute(
            text("SELECT staff_id FROM app.audit_log WHERE org_id = :org AND action = 'staff.invite' ORDER BY at"),
            {"org": network.steward.org_id},
        ).all()
    assert rows[0].staff_id is None
