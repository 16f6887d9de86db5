from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.errors import NotAllowed, NotFound
from orgs.facts import Gender
from orgs.programmes import queries
from orgs.programmes.criteria import ClientFacts, Criterion, Fits, Kind
from orgs.programmes.places import Places, places
from orgs.programmes.queries import Filters
from orgs.programmes.rules import Openings, openings
from orgs.programmes.use_cases import make_programme
from tests.cast import cast
from tests.network import Network, Org
from tests.orgs.programmes.programme_values import GOOD, WEEKDAYS, like_good

MONDAY_NOON = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
MONDAY_MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def add(org: Org, **changes: object) -> UUID:
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        return make_programme(session, actor, like_good(**changes))


def found(network: Network, org: Org, **filters: object) -> list[UUID]:
    assert org.manager is not None
    with org.manager.transaction() as (session, _actor):
        return [view.id for view in queries.published(session, Filters(org_id=org.id, **filters))]  # type: ignore[arg-type]


def test_what_was_stated_is_what_everybody_reads(network: Network) -> None:
    home, away = network.organisation(), network.organisation("hospital")
    made = add(home)
    with away.person("outreach").transaction() as (session, _actor):
        view = queries.programme(session, made)
        assert queries.programme(session, made, org_id=home.id) == view
        assert queries.programmes(session, [made, uuid4()]) == {made: view}
        with pytest.raises(NotFound):
            queries.programme(session, made, org_id=away.id)
    assert view.key == (home.id, made)
    assert view.name == {"km": GOOD.name_km, "en": GOOD.name_en}
    assert view.org_name["en"].startswith("Trial ")
    assert view.criteria == GOOD.criteria
    assert view.hours == WEEKDAYS
    assert (view.openings, view.khan, view.record) == (Openings.OPEN, "1212", None)
    assert not view.asks_gender


def test_a_draft_is_seen_by_its_own_organisation_alone(network: Network) -> None:
    home, away = network.organisation(), network.organisation()
    hidden = add(home, published=False)
    with away.person("caseworker").transaction() as (session, _actor):
        assert queries.programmes(session, [hidden]) == {}
        assert hidden not in {view.id for view in queries.published(session)}
        with pytest.raises(NotFound):
            queries.programme(session, hidden)
    with home.person("caseworker").transaction() as (session, actor):
        assert [view.id for view in queries.own(session, actor)] == [hidden]
        assert queries.programme(session, hidden).published is False
        assert queries.published(session, Filters(org_id=home.id)) == []


def test_an_organisation_that_left_is_no_longer_in_the_directory(network: Network) -> None:
    home = network.organisation()
    made = add(home)
    with network.steward.transaction() as (session, _actor):
        session.execute(text("UPDATE app.organisations SET active = false WHERE id = :id"), {"id": home.id})
    with network.steward.transaction() as (session, _actor):
        assert queries.published(session, Filters(org_id=home.id)) == []
        assert queries.programme(session, made).id == made


def test_each_filter_narrows(network: Network) -> None:
    org = network.organisation()
    bed = add(org)
    full = add(org, name_en="Evening school", service="vocational", capacity=0, area="120802")
    shut = add(org, name_en="Workshop", service="employment", accepting=False, area=None)
    assert set(found(network, org)) == {bed, full, shut}
    assert found(network, org, service="vocational") == [full]
    assert found(network, org, khan="1212") == [bed]
    assert found(network, org, khan="12_2") == []
    assert found(network, org, with_places=True) == [bed]
    with clock.at(MONDAY_MORNING):
        assert set(found(network, org, open_now=True)) == {bed, full, shut}
    with clock.at(MONDAY_NOON):
        assert found(network, org, open_now=True) == []


@pytest.mark.parametrize("words", ["place STAY", "កន្លែង\u200bស្នាក់", "meals", "shelter", "trial stay", "ជម្រក"])
def test_words_are_found_in_either_language(network: Network, words: str) -> None:
    org = network.organisation()
    bed = add(org)
    add(org, name_en="School", name_km="សាលា", about_en="", about_km="", service="vocational")
    assert found(network, org, words=words, called={"shelter": "ជម្រក"}) == [bed]


def test_words_that_nobody_says_find_nothing(network: Network) -> None:
    org = network.organisation()
    add(org)
    assert found(network, org, words="stay swimming") == []


def test_what_fits_comes_first_with_its_reasons(network: Network) -> None:
    org = network.organisation()
    women = add(org, criteria=(Criterion(Kind.WOMEN, "women"),))
    anybody = add(org, criteria=(), name_en="For everybody")
    add(org, accepting=False)
    with org.person("outreach").transaction() as (session, _actor):
        pairs = queries.matching(session, ClientFacts(gender=Gender.MAN), Filters(org_id=org.id), reads="en")
    assert [(view.id, match.fits) for view, match in pairs] == [(anybody, Fits.YES), (women, Fits.NO)]
    assert [reason.code for reason in pairs[1][1].reasons] == ["women", "language"]
    assert pairs[1][0].asks_gender


def test_own_people_see_counts_and_team(network: Network) -> None:
    org, other = network.organisation(), network.organisation()
    nurse = org.person("clinician")
    made = add(org, team=frozenset({nurse.staff_id}))
    assert org.manager is not None
    assert other.manager is not None
    with org.manager.transaction() as (session, actor):
        mine = queries.to_manage(session, actor, made)
        assert places(session, actor) == {made: Places(0, 12)}
    assert (mine.capacity, mine.taken, mine.funding, mine.version) == (12, 0, "City fund", 1)
    assert mine.team == {nurse.staff_id}
    with nurse.transaction() as (session, actor):
        assert queries.team(session, org.id, made) == (nurse.staff_id,)
        with pytest.raises(NotAllowed):
            queries.to_manage(session, actor, made)
    with other.manager.transaction() as (session, actor):
        assert queries.team(session, org.id, made) == ()
        with pytest.raises(NotFound):
            queries.to_manage(session, actor, made)


@pytest.mark.parametrize("capacity", [None, 0, 1, 4, 5, 9, 20])
def test_the_column_reckons_openings_as_the_rule_does(network: Network, capacity: int | None) -> None:
    expression = queries.Programme.__table__.c.openings.computed.sqltext.text
    with network.steward.transaction() as (session, _actor):
        for taken in range(23):
            said = session.scalar(
                text(f"SELECT {expression} FROM (VALUES (cast(:capacity AS integer), :taken)) v (capacity, taken)"),
                {"capacity": capacity, "taken": taken},
            )
            assert said == openings(capacity, taken)


def test_whoever_referred_somebody_still_reads_where_to_go(network: Network) -> None:
    people = cast(network)
    people.send()
    assert people.clinic.manager is not None
    with people.clinic.manager.transaction() as (session, _actor):
        session.execute(text("UPDATE app.programmes SET published = false"))
    with people.caseworker.transaction() as (session, _actor):
        assert queries.programme(session, people.programme_id).meeting_point_en == "The blue gate"
        assert queries.programmes(session, [people.second_id]) == {}
        assert queries.published(session, Filters(org_id=people.clinic.id)) == []
    with network.organisation().person("caseworker").transaction() as (session, _actor):
        assert queries.programmes(session, [people.programme_id]) == {}
