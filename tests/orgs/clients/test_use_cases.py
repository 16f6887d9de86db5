from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from app.core import clock, db
from app.core.audit import AuditRow
from app.core.crypto import Unsealable
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from app.core.ids import new_id
from orgs.clients import queries, use_cases
from orgs.clients.models import Client, Episode
from orgs.clients.records import Facts
from orgs.clients.timeline import timeline
from orgs.facts import Detail, EpisodeEnd, Gender, HeardFrom, Need, NoteKind, Substance
from orgs.programmes.models import Programme
from orgs.programmes.rules import OverReason
from tests.network import Network, Org, Person
from tests.orgs.clients.people import client_of, record, seen_by

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
FULL = Facts(
    birth_year=1995,
    gender=Gender.TRANS_WOMAN,
    language="vi",
    needs=frozenset({Need.ESCORT, Need.WOMENS_HOUR}),
    injecting=True,
    substances=frozenset({Substance.HEROIN}),
    finished=frozenset({"detox"}),
    contact_notes="ក្រោមស្ពាន",
    details={Detail.HEALTH_HIV: "on ART", Detail.LEGAL: "no papers"},
)


@pytest.fixture
def ngo(network: Network) -> Org:
    return network.organisation("ngo")


@pytest.fixture
def worker(ngo: Org) -> Person:
    return ngo.person("outreach", name="Rith")


@pytest.fixture
def caseworker(ngo: Org) -> Person:
    return ngo.person("caseworker", name="Lina")


@pytest.fixture
def nurse(ngo: Org) -> Person:
    return ngo.person("clinician", name="Nary")


def programme_of(org: Org, *, capacity: int | None = None) -> Any:
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        row = Programme(
            org_id=actor.org_id, service="drop_in", name_km="មណ្ឌល", name_en="Drop-in", response_minutes=60,
            capacity=capacity, created_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def facts_counted(network: Network, person: Person) -> list[Any]:
    with network.servers.engines["spean_publisher"].connect() as connection:
        return list(
            connection.execute(
                text(
                    "SELECT measure, source, khan, sangkat, service, pseudonym FROM app.uptake_facts"
                    " WHERE org_id = :org ORDER BY measure"
                ),
                {"org": person.org_id},
            )
        )


def audited(person: Person) -> list[AuditRow]:
    with person.transaction() as (session, actor):
        return list(session.query(AuditRow).filter(AuditRow.org_id == actor.org_id).order_by(AuditRow.at))


def test_an_alias_alone_makes_a_client(worker: Person) -> None:
    view = seen_by(worker, client_of(worker, "  Srey   Neang "))
    assert view.shown == "Srey Neang"
    assert view.code.startswith("TS-")
    assert view.worker_id == worker.staff_id
    assert view.record.facts == Facts()


def test_everything_written_is_read_again(worker: Person) -> None:
    client_id = client_of(
        worker, name="សុខា", phone="០១២ ៣៤៥ ៦៧៨", safe_contact="After six", area="120112",
        heard_from=HeardFrom.PEER, facts=FULL,
    )  # fmt: skip
    found = seen_by(worker, client_id).record
    assert found == record(
        name="សុខា", phone="+85512345678", safe_contact="After six", area="120112", heard_from=HeardFrom.PEER, facts=FULL
    )
    assert found.khan == "1201"
    match = found.match_facts({"q": True})
    assert (match.birth_year, match.injecting, match.finished, match.khan) == (1995, True, {"detox"}, "1201")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"alias": "\u200b ", "name": ""}, "alias"),
        ({"phone": "12"}, "phone"),
        ({"area": "99"}, "area"),
        ({"area": "12"}, "area"),
        ({"facts": Facts(birth_year=1800)}, "birth_year"),
        ({"facts": Facts(language="xx")}, "language"),
        ({"facts": Facts(finished=frozenset({"prison"}))}, "finished"),
        ({"safe_contact": "x" * 2001}, "safe_contact"),
        ({"facts": Facts(details={Detail.LEGAL: "x" * 2001})}, "legal"),
    ],
)
def test_bad_values_are_named_and_nothing_is_kept(worker: Person, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        client_of(worker, **values)
    assert field in error.value.fields
    with worker.transaction() as (session, actor):
        assert queries.page(session, actor).rows == ()


def test_who_heard_is_counted_once_and_nobody_is_named(network: Network, worker: Person) -> None:
    client_id = client_of(worker, "Canary", area="120112", heard_from=HeardFrom.COMMUNE_OFFICE)
    with worker.transaction() as (session, actor):
        use_cases.create_client(session, actor, record("Sent here"), by_referral=True)
    (row,) = facts_counted(network, worker)
    assert row[:5] == ("heard", "commune_office", "1201", "120112", None)
    assert str(client_id).encode() not in row.pseudonym


def test_a_walk_in_takes_a_place_until_its_end_and_may_come_again(network: Network, ngo: Org, worker: Person) -> None:
    programme_id = programme_of(ngo, capacity=1)
    with worker.transaction() as (session, actor):
        client_id = use_cases.walk_in(session, actor, record(area="1208", heard_from=HeardFrom.SELF), programme_id)
    with worker.transaction() as (session, actor):
        episode = session.query(Episode).filter(Episode.client_id == client_id).one()
        assert session.get_one(Programme, (actor.org_id, programme_id)).openings == "full"
        with pytest.raises(Conflict):
            use_cases.open_episode(session, actor, client_id, programme_id, heard_from=HeardFrom.SELF)
        use_cases.end_episode(session, actor, client_id, episode.id, EpisodeEnd.LEFT, version=1)
        with pytest.raises(Conflict):
            use_cases.end_episode(session, actor, client_id, episode.id, EpisodeEnd.LEFT, version=1)
    with worker.transaction() as (session, actor):
        assert session.get_one(Programme, (actor.org_id, programme_id)).openings == "nearly_full"
        use_cases.open_episode(session, actor, client_id, programme_id, heard_from=HeardFrom.SELF)
    counted = [row[:5] for row in facts_counted(network, worker)]
    assert counted[0] == ("heard", "self", "1208", None, None)
    assert counted[1:] == [("walk_in", "self", "1208", None, "drop_in")] * 2


def test_a_walk_in_to_a_full_programme_needs_a_reason(ngo: Org, worker: Person) -> None:
    programme_id = programme_of(ngo, capacity=0)
    with pytest.raises(Conflict, match="All places are taken"), worker.transaction() as (session, actor):
        use_cases.walk_in(session, actor, record(), programme_id)
    with worker.transaction() as (session, actor):
        use_cases.walk_in(session, actor, record(), programme_id, over=OverReason.EMERGENCY)


def test_another_organisations_programme_is_no_place_to_walk_in(network: Network, worker: Person) -> None:
    foreign = programme_of(network.organisation("health_centre"))
    with pytest.raises(Invalid) as error, worker.transaction() as (session, actor):
        use_cases.walk_in(session, actor, record(), foreign)
    assert "programme" in error.value.fields


def test_a_stay_by_referral_ends_with_the_referral(ngo: Org, worker: Person) -> None:
    programme_id, client_id, referral_id = programme_of(ngo), client_of(worker), new_id()
    with worker.transaction() as (session, actor):
        episode_id = use_cases.open_episode(
            session, actor, client_id, programme_id, heard_from=HeardFrom.OUTREACH, referral_id=referral_id
        )
        assert queries.client_of_referral(session, actor, referral_id) == client_id
        use_cases.end_referred(session, actor, referral_id, EpisodeEnd.COMPLETED)
        use_cases.end_referred(session, actor, new_id(), EpisodeEnd.COMPLETED)
    with worker.transaction() as (session, actor):
        assert session.get_one(Episode, (actor.org_id, episode_id)).outcome == "completed"


def test_a_stay_by_referral_can_be_ended_by_hand_and_then_ends_no_more(ngo: Org, worker: Person) -> None:
    programme_id, client_id, referral_id = programme_of(ngo), client_of(worker), new_id()
    with worker.transaction() as (session, actor):
        episode_id = use_cases.open_episode(
            session, actor, client_id, programme_id, heard_from=HeardFrom.OUTREACH, referral_id=referral_id
        )
        use_cases.end_episode(session, actor, client_id, episode_id, EpisodeEnd.LEFT, version=1)
        use_cases.end_referred(session, actor, referral_id, EpisodeEnd.COMPLETED)
    with worker.transaction() as (session, actor):
        assert session.get_one(Episode, (actor.org_id, episode_id)).outcome == "left"


def test_an_edit_of_what_somebody_else_changed_is_refused(worker: Person, caseworker: Person) -> None:
    client_id = client_of(worker)
    with worker.transaction() as (session, actor):
        use_cases.edit_client(session, actor, client_id, record("Chenda"), version=1)
    with pytest.raises(Conflict), caseworker.transaction() as (session, actor):
        use_cases.edit_client(session, actor, client_id, record("Late"), version=1)
    view = seen_by(worker, client_id)
    assert (view.shown, view.version) == ("Chenda", 2)


def test_outreach_sees_its_own_and_a_colleagues_client_does_not_exist_for_it(ngo: Org, worker: Person) -> None:
    other = ngo.person("outreach")
    client_id = client_of(other)
    with pytest.raises(NotFound):
        seen_by(worker, client_id)
    with worker.transaction() as (session, actor):
        assert queries.page(session, actor).rows == ()
        assert queries.names(session, actor, [client_id]) == {}
        for act in (
            lambda: use_cases.edit_client(session, actor, client_id, record(), version=1),
            lambda: use_cases.add_note(session, actor, client_id, "x"),
            lambda: use_cases.archive(session, actor, client_id, version=1),
            lambda: use_cases.reassign(session, actor, client_id, worker.staff_id, version=1),
        ):
            with pytest.raises(NotFound):
                act()


def test_another_organisations_clients_do_not_exist(network: Network, worker: Person) -> None:
    outsider = network.organisation("health_centre").person("outreach", "caseworker", "clinician")
    client_id = client_of(worker)
    for wanted in (client_id, new_id()):
        with pytest.raises(NotFound):
            seen_by(outsider, wanted)
    with outsider.transaction() as (session, actor):
        assert queries.page(session, actor).rows == ()
        assert session.query(Client).all() == []  # a forgotten WHERE


def test_managers_stewards_and_systems_have_no_clients(network: Network, ngo: Org, worker: Person) -> None:
    client_id = client_of(worker)
    assert ngo.manager is not None
    for person in (ngo.manager, network.steward):
        for wanted in (client_id, new_id()):
            with pytest.raises(NotAllowed):
                seen_by(person, wanted)
        with pytest.raises(NotAllowed):
            client_of(person)


def test_an_official_cannot_even_ask_the_database(network: Network, worker: Person) -> None:
    client_of(worker)
    official = network.organisation("commune", area="120112").person("official")
    with pytest.raises(NotAllowed):
        seen_by(official, new_id())
    with pytest.raises(Exception, match="permission denied"), official.transaction() as (session, _):
        session.query(Client.id).all()


def test_clinical_details_are_for_clinicians_and_the_one_who_was_told(
    worker: Person, caseworker: Person, nurse: Person
) -> None:
    client_id = client_of(worker, facts=FULL)
    assert Detail.HEALTH_HIV in seen_by(worker, client_id).record.facts.details
    assert Detail.HEALTH_HIV in seen_by(nurse, client_id).record.facts.details
    seen = seen_by(caseworker, client_id).record
    assert seen.facts.details == {Detail.LEGAL: "no papers"}
    with caseworker.transaction() as (session, actor):
        edited = record("Renamed", facts=Facts(details={Detail.HEALTH_HIV: "overwritten", Detail.LEGAL: "new card"}))
        use_cases.edit_client(session, actor, client_id, edited, version=1)
    assert seen_by(nurse, client_id).record.facts.details == {Detail.HEALTH_HIV: "on ART", Detail.LEGAL: "new card"}


def test_clinical_notes_stay_among_clinicians(worker: Person, nurse: Person) -> None:
    client_id = client_of(worker)
    with pytest.raises(NotAllowed), worker.transaction() as (session, actor):
        use_cases.add_note(session, actor, client_id, "dose", clinical=True)
    with nurse.transaction() as (session, actor):
        use_cases.add_note(session, actor, client_id, "dose", clinical=True)
        use_cases.add_note(session, actor, client_id, "At the bridge", kind=NoteKind.MET)
    for person, expected in ((worker, ["At the bridge"]), (nurse, ["At the bridge", "dose"])):
        with person.transaction() as (session, actor):
            events = timeline(session, actor, client_id).events
            assert sorted(event.body for event in events if event.body) == expected


def test_a_contact_can_be_written_down_later_but_not_before(worker: Person) -> None:
    client_id = client_of(worker)
    with clock.at(NOON), worker.transaction() as (session, actor):
        use_cases.add_note(session, actor, client_id, "Yesterday", kind=NoteKind.VISITED, at=NOON - timedelta(days=1))
        with pytest.raises(Invalid):
            use_cases.add_note(session, actor, client_id, "Tomorrow", at=NOON + timedelta(days=1))
        with pytest.raises(Invalid):
            use_cases.add_note(session, actor, client_id, " \u0000 ")


def test_an_archived_record_rests_until_it_is_brought_back(worker: Person) -> None:
    client_id = client_of(worker)
    with worker.transaction() as (session, actor):
        use_cases.archive(session, actor, client_id, version=1)
        assert queries.page(session, actor).rows == ()
        assert [line.id for line in queries.page(session, actor, archived=True).rows] == [client_id]
        for act in (
            lambda: use_cases.add_note(session, actor, client_id, "x"),
            lambda: use_cases.edit_client(session, actor, client_id, record(), version=2),
            lambda: use_cases.archive(session, actor, client_id, version=2),
        ):
            with pytest.raises(Conflict):
                act()
        use_cases.unarchive(session, actor, client_id, version=2)
        assert [line.id for line in queries.page(session, actor).rows] == [client_id]


def test_handing_over_takes_the_client_out_of_ones_sight(ngo: Org, worker: Person, network: Network) -> None:
    other, client_id = ngo.person("outreach"), client_of(worker)
    stranger = network.organisation().person("outreach")
    assert ngo.manager is not None
    for wrong in (ngo.manager.staff_id, stranger.staff_id, new_id()):
        with pytest.raises(Invalid), worker.transaction() as (session, actor):
            use_cases.reassign(session, actor, client_id, wrong, version=1)
    with worker.transaction() as (session, actor):
        use_cases.reassign(session, actor, client_id, other.staff_id, version=1)
    assert seen_by(other, client_id).worker_id == other.staff_id
    with pytest.raises(NotFound):
        seen_by(worker, client_id)


def test_a_field_moved_to_another_row_or_column_does_not_open(worker: Person) -> None:
    mine, victim = client_of(worker, "Mine"), client_of(worker, "Victim", name="Legal Name")
    with worker.transaction() as (session, actor):
        stolen = session.get_one(Client, (actor.org_id, victim))
        moves = {mine: {"alias": stolen.alias}, victim: {"alias": stolen.name}}
    for client_id, values in moves.items():
        with worker.transaction() as (session, actor):
            session.execute(update(Client).where(Client.org_id == actor.org_id, Client.id == client_id).values(values))
        with pytest.raises(Unsealable):
            seen_by(worker, client_id)


def test_nothing_of_a_person_stands_in_the_tables_in_the_clear(network: Network, worker: Person) -> None:
    client_id = client_of(worker, "Canary-alias", name="Canary-name", phone="012 987 654", safe_contact="Canary-reach",
                          facts=Facts(contact_notes="Canary-where"))  # fmt: skip
    with worker.transaction() as (session, actor):
        use_cases.add_note(session, actor, client_id, "Canary-note")
        queries.search(session, actor, "Canary-search")
    with worker.transaction() as (session, actor):
        for table in ("clients", "client_notes", "client_keys", "audit_log"):
            dump = str(session.execute(text(f"SELECT to_jsonb(t) FROM app.{table} t")).all())
            assert "canary" not in dump.lower()
            assert b"Canary".hex() not in dump
            assert "12987654" not in dump


def test_every_read_and_change_is_audited_without_words(worker: Person) -> None:
    client_id = client_of(worker)
    seen_by(worker, client_id)
    with worker.transaction() as (session, actor):
        queries.page(session, actor)
        queries.search(session, actor, "Bopha")
        queries.names(session, actor, [client_id])
    rows = {row.action: row for row in audited(worker) if row.action.startswith("client.")}
    assert set(rows) == {"client.create", "client.read", "client.list", "client.search", "client.names"}
    assert rows["client.read"].subject_id == client_id
    assert rows["client.search"].detail == {"kind": "name", "count": 1}


def test_a_stolen_database_password_reads_nothing(network: Network, worker: Person) -> None:
    client_of(worker)
    with network.servers.engines["spean_web"].connect() as connection, pytest.raises(Exception, match="no context"):
        connection.execute(text("SELECT * FROM app.clients"))
    with network.servers.engines["spean_worker"].connect() as connection, pytest.raises(Exception, match="denied"):
        connection.execute(text("SELECT * FROM app.clients"))
    assert db.by_token  # the only way in
