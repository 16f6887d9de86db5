"""Every form of a page, ready to be posted: who posts it, where to, and what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.core import clock
from app.http.filters import PHNOM_PENH
from orgs.clients.use_cases.episodes import open_episode
from orgs.clients.use_cases.records import archive
from orgs.facts import HeardFrom
from orgs.staff.own_access import make_token, open_access
from orgs.staff.queries import open_invites
from orgs.staff.use_cases import invite
from referrals.consents.wording import CURRENT
from referrals.life.use_cases import answer
from referrals.sending import drafts
from referrals.sending.alternatives import review
from referrals.slips import issue
from tests.cast import Cast, programme
from tests.network import PASSWORD, Person
from tests.orgs.programmes.programme_values import TYPED
from tests.running import post_office_open
from worker import relay
from worker.context import Workshop

Ready = tuple[Person, str, dict[str, Any]]
"""Who, address, form."""
Prepare = Callable[[Cast], Ready]
CLIENT = {"alias": "Canary-Alias", "heard_from": "peer", "gender": "not_said", "language": "km", "injecting": "unknown"}
NAMES = {"name_km": "អង្គការ", "name_en": "An organisation"}


def manager(team: Cast) -> Person:
    """The sender's."""
    assert team.ngo.manager
    return team.ngo.manager


def of_client(who: str, address: str, **form: Any) -> Prepare:
    """About the cast's client, whose record nobody changed."""
    return lambda team: (getattr(team, who), f"/clients/{team.client_id}{address}", {"version": "1", **form})


def by_manager(address: str, **form: Any) -> Prepare:
    """About a colleague."""
    return lambda team: (manager(team), address.format(staff=team.outreach.staff_id), form)


def by_steward(address: str, **form: Any) -> Prepare:
    """About an organisation."""
    return lambda team: (team.ngo.network.steward, address.format(org=team.ngo.id), form)


def _worker(team: Cast) -> Ready:
    form = {"version": "1", "worker": str(team.caseworker.staff_id)}
    return team.outreach, f"/clients/{team.client_id}/worker", form


def _unarchive(team: Cast) -> Ready:
    with team.outreach.transaction() as (session, actor):
        archive(session, actor, team.client_id, version=1)
    return team.outreach, f"/clients/{team.client_id}/unarchive", {"version": "2"}


def _begin(team: Cast) -> Ready:
    form = {"programme": str(programme(team.ngo)), "heard_from": "peer"}
    return team.outreach, f"/clients/{team.client_id}/stays/new", form


def _end(team: Cast) -> Ready:
    own = programme(team.ngo)
    with team.outreach.transaction() as (session, actor):
        stay = open_episode(session, actor, team.client_id, own, heard_from=HeardFrom.PEER)
    form = {"version": "1", "outcome": "moved_on"}
    return team.outreach, f"/clients/{team.client_id}/stays/{stay}/end", form


def _revoke(team: Cast) -> Ready:
    with team.outreach.transaction() as (session, actor):
        make_token(session, actor, label="A program", days=30)
        token = next(one.id for one in open_access(session, actor) if one.kind == "api")
    return team.outreach, f"/account/tokens/{token}/revoke", {}


def _cancel_invite(team: Cast) -> Ready:
    with manager(team).transaction() as (session, actor):
        invite(session, actor, frozenset({"outreach"}))
        made = open_invites(session, actor)[0].id
    return manager(team), f"/staff/invites/{made}/cancel", {}


def _officials(team: Cast) -> Ready:
    office = team.ngo.network.organisation("commune")
    office.person("official")
    return team.ngo.network.steward, f"/organisations/{office.id}/end-officials", {}


def _edit_programme(team: Cast) -> Ready:
    assert team.clinic.manager
    return team.clinic.manager, f"/programmes/{team.programme_id}/edit", {**TYPED, "version": "1"}


def _draft(team: Cast, *, consents: tuple[UUID, ...] = ()) -> UUID:
    with team.outreach.transaction() as (session, actor):
        made = drafts.start(session, actor, team.client_id, (team.programme_id,))
        if consents:
            drafts.save(session, actor, made, asked=True, consents=consents)
        return made


def of_draft(address: str, **form: Any) -> Prepare:
    """About a draft that was begun."""
    return lambda team: (team.outreach, address.format(_draft(team)), form)


def _start(team: Cast) -> Ready:
    return team.outreach, f"/send/for/{team.client_id}", {"programme": str(team.programme_id)}


def _choose(team: Cast) -> Ready:
    return team.outreach, f"/send/{_draft(team)}/programmes", {"programme": str(team.second_id)}


def _consent(team: Cast) -> Ready:
    form = {
        "able_to_decide": "yes", "how": "spoken_witnessed", "witness_id": str(team.outreach.staff_id),
        "categories": "identity", "expires_at": "90", "language": "km", "read": f"{CURRENT} km 90 identity",
    }  # fmt: skip
    return team.outreach, f"/send/{_draft(team)}/consent", form


def _use_held(team: Cast) -> Ready:
    team.consent()
    return team.outreach, f"/send/{_draft(team)}/consent/use", {}


def _review(team: Cast) -> Ready:
    draft = _draft(team, consents=team.consent())
    with team.outreach.transaction() as (session, actor):
        seen = review(session, actor, draft).first.fingerprint
    return team.outreach, f"/send/{draft}/review", {"seen": seen}


def _withdraw(team: Cast) -> Ready:
    return team.outreach, f"/send/permissions/{team.consent()[0]}/withdraw", {}


def _next(team: Cast) -> Ready:
    first, _second = team.consent(team.programme_id, team.second_id)
    referral = team.send(first)
    with team.nurse.transaction() as (session, actor):
        answer.decline(session, actor, referral, "no_capacity")
    return team.outreach, f"/referrals/{referral}/next", {}


def _accept(team: Cast) -> Ready:
    day = clock.now().astimezone(PHNOM_PENH).date() + timedelta(days=1)
    parts = {"on-day": day.day, "on-month": day.month, "on-year": day.year}
    return team.nurse, f"/referrals/{team.send()}/accept", {**parts, "how": "appointment", "at": "10:30", "keep": "y"}


def _arrive(team: Cast) -> Ready:
    referral = team.send()
    with team.outreach.transaction() as (session, actor):
        code = issue.printed(session, actor, referral).code
    return team.nurse, f"/referrals/{referral}/slip", {"code": code, "version": "1"}


def _failed(team: Cast) -> UUID:
    """A mail to the nurse that could not be delivered."""
    servers, referral_id = team.ngo.network.servers, team.send()
    with post_office_open() as post:
        post.refusing[team.nurse.email] = "550 5.1.1 nobody of that name"
        workshop = Workshop(replace(servers.settings, smtp_url=post.url))
        relay.drain(workshop)
        workshop.close()
    with servers.engines["spean_backup"].connect() as connection:
        query = text("SELECT id FROM app.deliveries WHERE referral_id = :id AND state = 'failed'")
        found: UUID = connection.execute(query, {"id": referral_id}).scalar_one()
        return found


def undelivered(address: str) -> Prepare:
    """About that mail, by the nurse's manager."""

    def prepare(team: Cast) -> Ready:
        assert team.clinic.manager
        return team.clinic.manager, address.format(_failed(team)), {}

    return prepare


def _retry_all(team: Cast) -> Ready:
    _failed(team)
    form = {"channel": "email", "reason": "address_unknown"}
    return team.ngo.network.steward, "/status/deliveries/retry", form


def _go_on(team: Cast) -> Ready:
    with team.ngo.network.servers.administrator() as staging:
        staging.execute("UPDATE sec.clock SET stopped_at = now(), why = 'ahead', off_by = 3600")
    return team.ngo.network.steward, "/status/clock/continue", {}


READY: dict[str, Prepare] = {
    "account.password": lambda team: (
        team.outreach,
        "/account/password",
        {"old": PASSWORD, "new": f"{PASSWORD} two", "again": f"{PASSWORD} two"},
    ),
    "account.save": lambda team: (team.outreach, "/account", {"language": "km"}),
    "clients.archive": of_client("outreach", "/archive"),
    "clients.begin": _begin,
    "clients.edit": of_client("outreach", "/edit", **CLIENT),
    "clients.end": _end,
    "clients.make": lambda team: (team.outreach, "/clients/new", CLIENT),
    "clients.note": of_client("outreach", "/notes/new", kind="note", body="Canary note"),
    "clients.reassign": _worker,
    "clients.unarchive": _unarchive,
    "clocks.go_on": _go_on,
    "deliveries.drop": undelivered("/staff/undelivered/{}/drop"),
    "deliveries.retry": undelivered("/staff/undelivered/{}/retry"),
    "deliveries.retry_all": _retry_all,
    "erasing.erase": of_client("caseworker", "/erase", why="asked", sure="y"),
    "notices.read_all": lambda team: (team.nurse, "/notices/read", {}),
    "organisations.activate": by_steward("/organisations/{org}/active", active="no", version="1"),
    "organisations.end_officials": _officials,
    "organisations.invite": by_steward("/organisations/{org}/invite"),
    "organisations.new": by_steward("/organisations/new", kind="ngo", prefix="QQ", area="120112", **NAMES),
    "organisations.one": by_steward("/organisations/{org}", area="120112", version="1", **NAMES),
    "programmes.edit": _edit_programme,
    "programmes.make": by_manager("/programmes/new", **TYPED),
    "referral.do": _accept,
    "retention.keeping": by_manager("/staff/keeping", client_years="4", version="0"),
    "sending.consent": _consent,
    "sending.discard": of_draft("/send/{}/discard"),
    "sending.needs": of_draft("/send/{}/request", urgency="soon"),
    "sending.next_one": _next,
    "sending.programmes": _choose,
    "sending.review": _review,
    "sending.start": _start,
    "sending.use_held": _use_held,
    "sending.withdraw": _withdraw,
    "slips.arrive": _arrive,
    "staff.access": by_manager("/staff/{staff}/access", active="no", version="1"),
    "staff.cancel_invite": _cancel_invite,
    "staff.invite": by_manager("/staff/invite", roles="outreach"),
    "staff.new_password": by_manager("/staff/{staff}/link"),
    "staff.person": by_manager("/staff/{staff}", roles="caseworker", version="1"),
    "tokens.make": lambda team: (team.outreach, "/account/tokens", {"label": "A program", "days": "30"}),
    "tokens.revoke": _revoke,
    "uptake.frequency": by_steward("/uptake/frequency", kind="quarter", version="1"),
}
SHOWN_ONCE = {
    "organisations.invite": "/organisations/{org}",
    "staff.invite": "/staff",
    "staff.new_password": "/staff",
    "tokens.make": "/account/tokens",
}
"""Their first answer shows a secret; where the second leads."""
