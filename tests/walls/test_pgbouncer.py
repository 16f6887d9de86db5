"""Behind PgBouncer in transaction mode, where many people share two connections and no context is left for the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text

from orgs.staff.models import Staff
from referrals.life.use_cases import answer
from tests.cast import Cast, cast, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.running import post_office_open
from worker import relay
from worker.context import Workshop

pytestmark = pytest.mark.servers


def seen(person: Person) -> tuple[int, set[UUID]]:
    with person.transaction() as (session, _actor):
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        return pid, set(session.scalars(select(Staff.org_id)))


def test_people_who_share_two_connections_see_their_own(bounced: Network) -> None:
    people = [manager for _ in range(5) if (manager := bounced.organisation().manager)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(seen, people * 12))
    assert [orgs for _pid, orgs in answers] == [{person.org_id} for person in people] * 12
    assert len({pid for pid, _orgs in answers}) <= 2


def test_nothing_is_left_for_whoever_comes_next(bounced: Network) -> None:
    alice = bounced.organisation().manager
    assert alice
    url = bounced.servers.urls["spean_web"]
    with psycopg.connect(url, prepare_threshold=None) as first:
        first.execute("SELECT * FROM sec.enter(%s)", (alice.token,))
        first.execute("SELECT set_config('spean.context', current_setting('spean.context'), false)")
        first.commit()
        for _ in range(4):
            with psycopg.connect(url, prepare_threshold=None) as other:
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no context"):
                    other.execute("SELECT * FROM app.staff")
                other.rollback()


def test_the_main_job_is_done_through_it(bounced: Network) -> None:
    team: Cast = cast(bounced)
    referral = team.send()
    with team.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral, tomorrow())
    with post_office_open() as post:
        workshop = Workshop(replace(bounced.servers.settings, smtp_url=post.url))
        assert relay.drain(workshop) >= 2
        workshop.close()
    app = site(bounced)
    for person in (team.nurse, team.outreach, team.nurse):
        got = client_for(app, person).get(f"/referrals/{referral}")
        assert got.status_code == 200, got.status_code
    outsider = bounced.organisation().person("caseworker")
    assert client_for(app, outsider).get(f"/referrals/{referral}").status_code == 404
