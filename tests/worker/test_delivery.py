from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from sqlalchemy import text

from orgs.clients.use_cases import reassign
from orgs.programmes.words import SERVICE
from orgs.staff.use_cases import change_staff
from referrals.deliveries import queries
from referrals.deliveries.use_cases import try_all_again
from referrals.life.disclosure import RequestValues
from referrals.life.reasons import CancelReason
from referrals.life.scope import load
from referrals.life.use_cases import answer, finish, visit
from referrals.sending.use_cases import Request, send
from tests.cast import CANARIES, Cast, cast, programme, tomorrow
from tests.network import Network, Person
from tests.running import PostOffice
from tests.worker.news import jobs, mails, notices, ref_of, told
from worker import relay
from worker.context import Workshop
from worker.delivery import MOST_ATTEMPTS, ring


def claim(workshop: Workshop) -> list[UUID]:
    return [job.id for job in relay.lease(workshop)]


def due_again(network: Network, referral_id: UUID, attempts: int | None = None) -> None:
    """Let the time come at which the job is given out again."""
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(
            text("UPDATE app.outbox SET next_at = now(), leased_until = NULL, attempts = coalesce(:n, attempts)"
                 " WHERE referral_id = :id AND done_at IS NULL"),
            {"id": referral_id, "n": attempts},
        )  # fmt: skip


def accept(nurse: Person, referral_id: UUID) -> None:
    with nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())


def leaves(network: Network, person: Person) -> None:
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(text("UPDATE app.staff SET active = false WHERE id = :id"), {"id": person.staff_id})


def becomes_manager(person: Person, by: Person | None) -> None:
    assert by is not None
    with by.transaction() as (session, actor):
        change_staff(session, actor, person.staff_id, roles=frozenset({"manager"}), active=True, version=1)


def set_staff(person: Person, **values: object) -> None:
    with person.transaction() as (session, actor):
        for name, value in values.items():
            session.execute(
                text(f"UPDATE app.staff SET {name} = :value WHERE id = :id"),
                {"value": value, "id": actor.staff_id},
            )


def test_a_programme_without_a_team_tells_everybody_who_may_read_it(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    outreach = team.clinic.person("outreach")
    referral_id = team.send()
    assert relay.drain(workshop) == 1
    assert told(team.nurse) == ["sent"]
    assert told(outreach) == []
    assert team.clinic.manager is not None
    assert told(team.clinic.manager) == []
    assert told(team.outreach) == told(team.caseworker) == []
    assert jobs(network, referral_id) == [("sent", 1, "told", True)]


def test_a_team_is_told_alone_and_those_who_left_are_not_missed(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    chosen, left = team.clinic.person("caseworker"), team.clinic.person("caseworker")
    for_two = programme(team.clinic, team=frozenset({chosen.staff_id, left.staff_id}))
    leaves(network, left)
    team.send(team.consent(for_two)[0])
    relay.drain(workshop)
    assert told(chosen) == ["sent"]
    assert told(team.nurse) == []

    only_left = programme(team.clinic, team=frozenset({chosen.staff_id}))
    leaves(network, chosen)
    team.send(team.consent(only_left)[0])
    relay.drain(workshop)
    assert told(team.nurse) == ["sent"]


def test_whoever_may_no_longer_open_it_is_not_told_and_others_are(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    moved = team.clinic.person("caseworker")
    only_moved = programme(team.clinic, team=frozenset({moved.staff_id}))
    becomes_manager(moved, team.clinic.manager)
    referral_id = team.send(team.consent(only_moved)[0])
    relay.drain(workshop)
    assert told(moved) == []
    assert told(team.nurse) == ["sent"]

    becomes_manager(team.outreach, team.ngo.manager)
    accept(team.nurse, referral_id)
    relay.drain(workshop)
    assert told(team.outreach) == []
    assert told(team.caseworker) == ["accepted"]


def test_news_follows_a_client_who_was_handed_over(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    colleague, uninvolved = team.ngo.person("outreach"), team.ngo.person("outreach")
    referral_id = team.send()
    with team.outreach.transaction() as (session, actor):
        reassign(session, actor, team.client_id, colleague.staff_id, version=1)
    accept(team.nurse, referral_id)
    relay.drain(workshop)
    assert told(colleague) == ["accepted"]
    assert told(team.outreach) == told(uninvolved) == told(team.caseworker) == []
    with colleague.transaction() as (session, actor):
        assert load(session, actor, referral_id).client_id == team.client_id


def test_a_caseworker_who_sent_it_and_the_clients_own_worker_both_hear(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    consent_id = team.consent(who=team.caseworker)[0]
    with team.caseworker.transaction() as (session, actor):
        referral_id = send(session, actor, Request(consent_id, RequestValues(service="methadone"))).id
    accept(team.nurse, referral_id)
    relay.drain(workshop)
    assert told(team.caseworker) == told(team.outreach) == ["accepted"]


def test_the_worker_who_sent_it_hears_of_each_step_and_whoever_acts_is_not_told(
    network: Network, workshop: Workshop
) -> None:
    team = cast(network)
    referral_id = team.send()
    accept(team.nurse, referral_id)
    with team.nurse.transaction() as (session, actor):
        visit.note_arrival(session, actor, referral_id)
    relay.drain(workshop)
    assert told(team.outreach) == ["accepted", "arrived"]
    assert told(team.caseworker) == []
    assert told(team.nurse) == ["sent"]


def test_delivering_twice_and_at_the_same_time_tells_once(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    (job,) = claim(workshop)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: ring(workshop, job), range(4)))
    due_again(network, referral_id)
    relay.drain(workshop)
    ring(workshop, job)
    assert told(team.nurse) == ["sent"]
    assert len(post.to(team.nurse.email)) == 1
    assert jobs(network, referral_id)[0][2:] == ("told", True)


def test_a_mail_says_a_reference_a_sentence_and_a_link_in_the_readers_language(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    khmer = team.clinic.person("caseworker", language="km")
    quiet = team.clinic.person("caseworker")
    set_staff(quiet, notify_email=False)
    referral_id = team.send()
    relay.drain(workshop)
    ref = ref_of(team.nurse, referral_id)
    (mail,) = post.to(team.nurse.email)
    assert mail["Subject"] == f"{ref}: A new referral waits for your answer."
    body = mail.get_content()
    assert f"https://spean.example.org/notices/{notices(team.nurse).rows[0].id}" in body
    assert [khmer_mail["Content-Language"] for khmer_mail in post.to(khmer.email)] == ["km"]
    assert post.to(quiet.email) == []
    assert told(quiet) == ["sent"]
    assert mails(network, referral_id) == [("sent", None)] * 2


def test_no_mail_and_no_notice_names_anybody_or_anything(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    accept(team.nurse, referral_id)
    relay.drain(workshop)
    assert len(post.mails) == 2
    seen = "\n".join(f"{mail['Subject']} {mail['From']} {mail.get_content()}" for mail in post.mails)
    with team.nurse.transaction() as (session, _actor):
        seen += str(session.execute(text("SELECT to_jsonb(n) FROM app.notifications n")).scalars().all())
        names = session.execute(text("SELECT name_en FROM app.organisations WHERE id IN (:a, :b)"),
                                {"a": team.ngo.id, "b": team.clinic.id}).scalars().all()  # fmt: skip
    for word in (*CANARIES, *names, *SERVICE.values(), "methadone", "Trial programme", "Dara"):
        assert word not in seen


def test_a_job_that_breaks_whoever_tries_is_put_away_and_the_steward_has_it_tried_again(
    network: Network, workshop: Workshop
) -> None:
    team = cast(network)
    referral_id = team.send()
    due_again(network, referral_id, attempts=MOST_ATTEMPTS)
    relay.drain(workshop)
    assert jobs(network, referral_id) == [("sent", MOST_ATTEMPTS + 1, "gave_up", True)]
    with network.steward.transaction() as (session, actor):
        stuck = [(one.channel, one.reason, one.deliveries) for one in queries.counts(session, actor)]
        assert ("bell", "gave_up", 1) in stuck
        assert try_all_again(session, actor, "bell", None) == 1
    relay.drain(workshop)
    assert told(team.nurse) == ["sent"]


def test_a_withdrawal_silences_what_was_about_to_be_told(
    network: Network, workshop: Workshop, post: PostOffice
) -> None:
    team = cast(network)
    referral_id = team.send()
    jobs_before = claim(workshop)
    with team.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    for job in jobs_before:
        ring(workshop, job)
    relay.drain(workshop)
    assert told(team.nurse) == ["withdrawn"]
    assert [mail["Subject"].split(": ")[1] for mail in post.mails] == ["The permission for a referral was withdrawn."]


def test_what_a_withdrawal_silences_is_found_by_its_referral(network: Network) -> None:
    """And not among all that waits to be told of what the same organisation sent."""
    team = cast(network)
    for _ in range(60):  # where next to nothing waits, PostgreSQL may rightly read all of it
        referral_id = team.send()
    with network.servers.administrator() as staging:
        staging.execute("ANALYZE app.outbox")
    with team.outreach.transaction() as (session, actor):
        entries = text("SELECT pg_stat_get_xact_tuples_returned('app.outbox_referral'::regclass)")
        before = session.execute(entries).scalar_one()
        finish.withdraw(session, actor, referral_id)
        assert session.execute(entries).scalar_one() == before + 1


def test_a_cancelled_referral_is_not_announced_as_new(network: Network, workshop: Workshop) -> None:
    team = cast(network)
    referral_id = team.send()
    with team.outreach.transaction() as (session, actor):
        finish.cancel(session, actor, referral_id, CancelReason.NEED_MET)
    relay.drain(workshop)
    assert told(team.nurse) == ["cancelled"]
    assert [job[::2] for job in jobs(network, referral_id)] == [("sent", "too_late"), ("cancelled", "told")]


def test_a_demos_past_is_told_without_mail(network: Network, workshop: Workshop, post: PostOffice) -> None:
    team: Cast = cast(network)
    team.send()
    relay.drain(workshop, mail=False)
    assert told(team.nurse) == ["sent"]
    assert post.mails == []
