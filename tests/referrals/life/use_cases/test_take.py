from __future__ import annotations

import pytest

from app.core.errors import Conflict, Invalid, NotFound
from orgs.clients.queries import client_of_referral, client_values, page
from orgs.clients.use_cases.records import archive, create_client
from orgs.facts import AgeBand, Detail, Gender, HeardFrom, Need
from referrals.life.disclosure import Category, IdentityPart, TriagePart, Urgency
from referrals.life.states import State
from referrals.life.use_cases import finish, take
from referrals.life.use_cases.take import Copied, copiable, record_of
from tests.cast import SOKHA, Cast
from tests.network import Network
from tests.referrals.life import looking, standing

TRIAGE = TriagePart("methadone", Urgency.SOON, AgeBand.FROM_25, Gender.WOMAN, "vi", (Need.ESCORT,), "1201", {})
IDENTITY = IdentityPart(
    alias="Alias",
    name="Name",
    birth_year=1994,
    phone="+85512345678",
    safe_contact="Evenings",
    contact_notes="By the market",
    details={Category.DRUG_USE: "Ice"},
    note="A note",
)


def test_without_a_tick_only_what_a_record_needs_goes_along() -> None:
    record = record_of(TRIAGE, IDENTITY, frozenset())
    assert (record.alias, record.name, record.phone, record.safe_contact) == ("Alias", "", "", "")
    assert (record.area, record.heard_from) == ("1201", HeardFrom.OUTREACH)
    facts = record.facts
    assert (facts.birth_year, facts.gender, facts.language, facts.needs) == (
        None,
        Gender.WOMAN,
        "vi",
        frozenset({Need.ESCORT}),
    )
    assert (facts.contact_notes, facts.details) == ("", {})


def test_a_name_goes_along_where_there_is_no_alias() -> None:
    assert record_of(TRIAGE, IdentityPart(name="Name"), frozenset()).name == "Name"


@pytest.mark.parametrize(
    ("tick", "changed"),
    [
        (Copied.NAME, {"name": "Name"}),
        (Copied.BIRTH_YEAR, {"birth_year": 1994}),
        (Copied.PHONE, {"phone": "+85512345678"}),
        (Copied.CONTACT, {"safe_contact": "Evenings", "contact_notes": "By the market"}),
        (Copied.DETAILS, {"details": {Detail.DRUG_USE: "Ice"}}),
    ],
)
def test_each_tick_copies_its_own_and_nothing_else(tick: Copied, changed: dict[str, object]) -> None:
    def flat(ticks: frozenset[Copied]) -> dict[str, object]:
        record = record_of(TRIAGE, IDENTITY, ticks)
        return {**vars(record), **vars(record.facts), "facts": None}

    bare, ticked = flat(frozenset()), flat(frozenset({tick}))
    assert {key: value for key, value in ticked.items() if value != bare[key]} == changed


def test_only_what_the_packet_holds_can_be_copied() -> None:
    assert copiable(IDENTITY) == frozenset(Copied)
    assert copiable(IdentityPart(alias="Alias", contact_notes="By the market")) == {Copied.CONTACT}
    assert copiable(None) == frozenset()


def test_taking_makes_a_record_and_a_stay_that_count_nobody_twice(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ARRIVED)
    counted = "SELECT count(*) FROM app.uptake_facts WHERE org_id = :id AND measure IN ('heard', 'walk_in')"
    before = looking.rows(network, counted, id=people.clinic.id)
    with people.nurse.transaction() as (session, actor):
        client_id = take.take(session, actor, referral_id, frozenset(Copied))
    with people.nurse.transaction() as (session, actor):
        assert client_of_referral(session, actor, referral_id) == client_id
        record = client_values(session, actor, client_id).record
    assert (record.name, record.phone) == ("Canary Name", "+85512345678")
    assert record.facts.details == {Detail.DRUG_USE: "Canary drug use"}
    assert looking.rows(network, counted, id=people.clinic.id) == before
    assert looking.events(network, referral_id)[-1] == ("taken", {})
    assert (people.ngo.id, "taken") not in looking.told(network, referral_id)


def test_a_person_is_taken_once_also_by_somebody_who_does_not_see_the_record(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ARRIVED)
    with people.nurse.transaction() as (session, actor):
        take.take(session, actor, referral_id, frozenset())
    colleague = people.clinic.person("outreach")
    with colleague.transaction() as (session, actor):
        assert client_of_referral(session, actor, referral_id) is None
    with pytest.raises(Conflict, match="in your records already"), colleague.transaction() as (session, actor):
        take.take(session, actor, referral_id, frozenset())
    stays = looking.rows(network, "SELECT 1 FROM app.episodes WHERE referral_id = :id", id=referral_id)
    assert len(stays) == 1


def test_attaching_copies_nothing(network: Network, people: Cast) -> None:
    with people.nurse.transaction() as (session, actor):
        own = create_client(session, actor, SOKHA.__class__(alias="Ours"))
        code = client_values(session, actor, own).code
    referral_id = standing.referral(network, people, State.ARRIVED)
    with people.nurse.transaction() as (session, actor):
        assert take.own_record(session, actor, f" {code.lower()} ") == own
        assert take.take(session, actor, referral_id, frozenset(Copied), client_id=own) == own
        record = client_values(session, actor, own).record
    assert (record.alias, record.name, record.phone) == ("Ours", "", "")


def test_a_foreign_or_archived_record_is_no_place_to_take_into(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ARRIVED)
    with people.outreach.transaction() as (session, actor):
        foreign = client_values(session, actor, people.client_id).code
    with people.nurse.transaction() as (session, actor):
        put_away = create_client(session, actor, SOKHA.__class__(alias="Put away"))
        code = client_values(session, actor, put_away).code
        archive(session, actor, put_away, version=1)
    for typed, sentence in ((foreign, "None of your records"), (code, "archived"), ("Put away", "None of your")):
        with pytest.raises(Invalid, match=sentence), people.nurse.transaction() as (session, actor):
            take.own_record(session, actor, typed)
    with pytest.raises(NotFound), people.nurse.transaction() as (session, actor):
        take.take(session, actor, referral_id, frozenset(), client_id=people.client_id)
    with people.nurse.transaction() as (session, actor):
        assert people.client_id not in {line.id for line in page(session, actor).rows}


def test_nothing_can_be_taken_once_the_permission_is_gone(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.COMPLETED)
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    with pytest.raises(Conflict, match="can no longer be read"), people.nurse.transaction() as (session, actor):
        take.take(session, actor, referral_id, frozenset())
