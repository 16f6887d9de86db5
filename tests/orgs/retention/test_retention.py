from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from orgs.clients.use_cases import archive
from orgs.retention import queries, rules, use_cases
from orgs.retention.rules import Kind
from referrals.life.use_cases import answer, finish, talk, visit
from referrals.life.use_cases.finish import Outcome
from referrals.sending import drafts
from tests.cast import Cast, cast, tomorrow
from tests.network import Network, Person
from tests.orgs.clients.people import client_of, seen_by
from tests.pages import client_for, site, words_of
from tests.running import a_day_runs, swept
from worker import clocks, relay
from worker.context import Gone, Workshop


@pytest.fixture
def workshop(network: Network) -> Iterator[Workshop]:
    made = Workshop(replace(network.servers.settings, smtp_url="smtp://127.0.0.1:9"))
    yield made
    made.close()


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def archived(person: Person, *, days: float) -> UUID:
    """A client who was put away so long ago."""
    with clock.at(ago(days=days)):
        client_id = client_of(person)
        with person.transaction() as (session, actor):
            archive(session, actor, client_id, version=1)
    return client_id


def foreseen(network: Network, ahead: int) -> dict[Kind, int]:
    with Session(network.servers.engines["spean_migrator"]) as session:
        return {one.kind: one.due for one in queries.preview(session, ahead)}


def counted(network: Network, sql: str, **values: object) -> int:
    with network.servers.engines["spean_backup"].connect() as connection:
        return int(connection.execute(text(sql), values).scalar_one())


def choose(manager: Person | None, years: int) -> None:
    assert manager
    with manager.transaction() as (session, actor):
        version = queries.kept(session, actor).version
        use_cases.choose(session, actor, years, version=version)


def test_a_client_put_away_longer_than_the_house_keeps_them_is_erased(network: Network, workshop: Workshop) -> None:
    ngo = network.organisation()
    worker = ngo.person("outreach")
    choose(ngo.manager, 2)
    old, young = archived(worker, days=740), archived(worker, days=700)
    at_hand = client_of(worker)
    swept(network, workshop)
    with pytest.raises(NotFound):
        seen_by(worker, old)
    assert seen_by(worker, young)
    assert seen_by(worker, at_hand)
    reason = "SELECT count(*) FROM app.audit_log WHERE subject_id = :id AND action = 'client.erase'"
    reason += " AND staff_id IS NULL AND detail ->> 'reason' = 'retention'"
    assert counted(network, reason, id=old) == 1


def test_each_organisation_is_measured_by_its_own_years(network: Network, workshop: Workshop) -> None:
    short, long = network.organisation(), network.organisation()
    choose(short.manager, 1)
    erased, kept = archived(short.person("outreach"), days=400), archived(long.person("outreach"), days=400)
    swept(network, workshop)
    gone = "SELECT count(*) FROM app.clients WHERE id = :id AND erased_at IS NOT NULL"
    assert counted(network, gone, id=erased) == 1
    assert counted(network, gone, id=kept) == 0


def test_whoever_was_referred_since_stays(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    choose(team.ngo.manager, 1)
    team.send()
    with clock.at(ago(days=400)), team.outreach.transaction() as (session, actor):
        archive(session, actor, team.client_id, version=1)
    swept(network, workshop)
    assert seen_by(team.outreach, team.client_id)


def test_the_preview_counts_what_the_sweep_then_takes(network: Network, workshop: Workshop) -> None:
    ngo = network.organisation()
    worker = ngo.person("outreach")
    choose(ngo.manager, 1)
    swept(network, workshop)
    before = foreseen(network, 0)
    assert set(before) == set(Kind)
    archived(worker, days=370)
    archived(worker, days=350)
    assert foreseen(network, 0)[Kind.CLIENTS] - before[Kind.CLIENTS] == 1
    assert foreseen(network, 30)[Kind.CLIENTS] - before[Kind.CLIENTS] >= 2
    assert ngo.manager
    with ngo.manager.transaction() as (session, actor):
        assert (queries.kept(session, actor, ahead=0).due, queries.kept(session, actor).due) == (1, 2)
    assert swept(network, workshop) >= 1
    assert foreseen(network, 0)[Kind.CLIENTS] == before[Kind.CLIENTS]


def completed(team: Cast, *, days: float) -> UUID:
    """Served so long ago, with a message."""
    with clock.at(ago(days=days)):
        referral_id = team.send()
        with team.nurse.transaction() as (session, actor):
            answer.accept(session, actor, referral_id, tomorrow())
            talk.write(session, actor, referral_id, "Canary message")
            visit.note_arrival(session, actor, referral_id)
            finish.complete(session, actor, referral_id, Outcome("service_received"))
    return referral_id


def test_a_packet_goes_a_month_after_the_last_day_of_reading(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    with clock.at(ago(days=80)):
        consents = team.consent(), team.consent()
    with clock.at(ago(days=70)):
        old = team.send(consents[0][0])
    young = completed(team, days=40)
    with clock.at(ago(days=65)), team.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, old, finish.CancelReason("other"))
    swept(network, workshop)
    keys = "SELECT count(*) FROM app.packet_keys WHERE referral_id = :id"
    bodies = "SELECT sum(length(body)) FROM app.packet_parts WHERE referral_id = :id"
    assert (counted(network, keys, id=old), counted(network, bodies, id=old)) == (0, 0)
    assert counted(network, keys, id=young) > 0
    with team.outreach.transaction() as (session, actor):
        assert visit.see(session, actor, old).state == "cancelled"


def test_drafts_go_after_a_month_without_a_change(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    for days in (31, 29):
        with clock.at(ago(days=days)), team.outreach.transaction() as (session, actor):
            drafts.start(session, actor, team.client_id, (team.programme_id,))
    swept(network, workshop)
    with team.outreach.transaction() as (session, actor):
        assert len(drafts.drafts(session, actor)) == 1


AGED = {
    Kind.NOTICES: ("app.notifications", "at", "staff_id = %(nurse)s"),
    Kind.SESSIONS: ("sec.sessions", "revoked_at", "staff_id = %(nurse)s"),
    Kind.INVITES: ("app.invites", "used_at", "org_id = %(org)s"),
}


@pytest.mark.parametrize("kind", AGED)
def test_it_goes_the_day_after_its_last_and_not_the_day_before(
    network: Network, workshop: Workshop, kind: Kind
) -> None:
    """Time goes by: the administrator sets back the moment from which it counts."""
    team = cast(network)
    team.send()
    relay.drain(workshop, mail=False)
    table, moment, which = AGED[kind]
    values = {"nurse": team.nurse.staff_id, "org": team.clinic.id, "kind": kind.value}

    def left_after(days: int) -> int:
        with network.servers.administrator() as staging:
            staging.execute("SET LOCAL session_replication_role = replica")
            span = "make_interval(days => %(days)s + (SELECT days FROM sec.retention WHERE kind = %(kind)s))"
            aged = f"UPDATE {table} SET {moment} = now() - {span} WHERE {which}"
            staging.execute(aged, {**values, "days": days})  # type: ignore[arg-type]
        swept(network, workshop)
        with network.servers.administrator() as staging:
            row = staging.execute(f"SELECT count(*) FROM {table} WHERE {which}", values).fetchone()  # type: ignore[arg-type]
        assert row
        return int(row[0])

    assert left_after(-1) > 0
    assert left_after(1) == 0


def test_the_worker_enters_and_erases_nobody_before_their_time(network: Network, workshop: Workshop) -> None:
    worker = network.organisation().person("outreach")
    client_id = archived(worker, days=400)
    with pytest.raises(Gone), workshop.on_due_client(worker.org_id, client_id):
        pass
    with pytest.raises(DBAPIError, match="no context"), workshop.outside() as session:
        session.execute(text("SELECT sec.erase_client(:id, 'retention')"), {"id": client_id})
    for table in ("clients", "client_keys", "client_notes", "drafts"):
        with pytest.raises(DBAPIError, match="permission denied"), workshop.outside() as session:
            session.execute(text(f"SELECT count(*) FROM app.{table}"))


def test_a_client_due_does_not_let_the_worker_erase_another(network: Network, workshop: Workshop) -> None:
    ngo = network.organisation()
    worker = ngo.person("outreach")
    choose(ngo.manager, 1)
    due, other = archived(worker, days=400), client_of(worker)
    a_day_runs(network)
    clocks.beat(workshop)
    with pytest.raises(DBAPIError, match="not allowed"), workshop.on_due_client(ngo.id, due) as session:
        session.execute(text("SELECT sec.erase_client(:id, 'retention')"), {"id": other})


def test_a_manager_chooses_on_a_page_and_is_told_how_many_go(network: Network) -> None:
    ngo = network.organisation()
    archived(ngo.person("outreach"), days=355)
    browser = client_for(site(network), ngo.manager)
    assert "/staff/keeping" in browser.get("/staff").text
    assert "In the next 30 days, no record will be erased." in words_of(browser.get("/staff/keeping").text)
    wrong = browser.post("/staff/keeping", data={"client_years": "40", "version": "0"})
    assert (wrong.status_code, "Choose between 1 and 15 years." in wrong.text) == (422, True)
    assert 'value="40"' in wrong.text
    saved = browser.post("/staff/keeping", data={"client_years": "1", "version": "0"}, follow_redirects=True)
    assert "In the next 30 days, 1 record will be erased." in words_of(saved.text)
    assert browser.post("/staff/keeping", data={"client_years": "2", "version": "0"}).status_code == 409


def test_nobody_else_decides(network: Network) -> None:
    ngo = network.organisation()
    for person in (ngo.person("caseworker"), network.steward):
        with pytest.raises(NotAllowed), person.transaction() as (session, actor):
            use_cases.choose(session, actor, 1, version=0)
    insert = "INSERT INTO app.retention_choices (org_id, client_years) VALUES (:org, 1)"
    with pytest.raises(DBAPIError, match="row-level security"), ngo.person("caseworker").transaction() as (session, _):
        session.execute(text(insert), {"org": ngo.id})


def test_a_choice_is_within_bounds_and_not_made_twice_at_once(network: Network) -> None:
    manager = network.organisation().manager
    assert manager
    for years in (0, 16):
        with pytest.raises(Invalid), manager.transaction() as (session, actor):
            use_cases.choose(session, actor, years, version=0)
    choose(manager, 3)
    with pytest.raises(Conflict), manager.transaction() as (session, actor):
        use_cases.choose(session, actor, 4, version=0)
    with manager.transaction() as (session, actor):
        assert queries.kept(session, actor).client_years == 3


def test_what_is_not_chosen_is_the_same_in_the_database_and_in_the_rules(network: Network) -> None:
    with Session(network.servers.engines["spean_migrator"]) as session:
        days = {one.kind: one.days for one in queries.preview(session, 0)}
    assert days[Kind.CLIENTS] == rules.CLIENT_YEARS * 365


def test_an_operator_changes_a_period_within_bounds(network: Network) -> None:
    with Session(network.servers.engines["spean_migrator"]) as session:
        use_cases.set_days(session, Kind.DRAFTS, 14)
        assert {one.kind: one.days for one in queries.preview(session, 0)}[Kind.DRAFTS] == 14
        with pytest.raises(Invalid):
            use_cases.set_days(session, Kind.DRAFTS, 4000)
        session.rollback()
