"""Two organisations with something of every kind between them, so that every route has something to give away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import text
from werkzeug.routing import AnyConverter, Rule

from app.core import clock
from app.http.filters import PHNOM_PENH
from orgs.clients.use_cases.episodes import open_episode
from orgs.clients.use_cases.notes import add_note
from orgs.clients.use_cases.records import create_client
from orgs.facts import HeardFrom
from orgs.staff.own_access import make_token, open_access
from orgs.staff.use_cases import invite
from referrals.life.use_cases import answer, talk
from referrals.sending import drafts
from referrals.slips import issue
from tests.cast import CANARIES, SOKHA, Cast, cast, programme, tomorrow
from tests.network import Network, Person
from tests.running import post_office_open
from tests.worker.news import notices, ref_of
from worker import relay
from worker.context import Workshop

CASE_ARGUMENTS = frozenset({"id", "client_id", "referral_id", "draft_id", "consent_id", "notice_id", "episode_id"})
"""In addresses: what belongs to somebody's case."""
CASE_TABLES = (
    "clients", "client_notes", "client_keys", "episodes", "consents", "drafts", "referrals", "referral_clients",
    "referral_events", "packet_parts", "packet_keys", "slips", "messages", "outbox", "programmes",
)  # fmt: skip


@dataclass
class World:
    """Real ids for every argument of an address, and what no answer to others may hold."""

    network: Network
    team: Cast
    manager: Person
    """Of the sender."""
    ids: dict[str, UUID]
    secrets: tuple[str, ...]
    slip_code: str
    ref: str
    """The referral's reference, which is one of the secrets."""

    def addresses(self, rule: Rule, *, absent: bool = False) -> Iterator[str]:
        """The addresses of a rule with ids that exist, or with ids that nobody has."""
        values: dict[str, object] = {}
        choices: dict[str, tuple[str, ...]] = {}
        for name, kind in rule._converters.items():
            if isinstance(kind, AnyConverter):
                choices[name] = tuple(sorted(kind.items))
            elif type(kind).__name__ == "UUIDConverter":
                values[name] = uuid4() if absent else self.ids[name]
            else:
                values[name] = 1 if type(kind).__name__ == "IntegerConverter" else "x"
        for name, options in choices.items() or {"": ("",)}.items():
            built = rule.build({**values, name: options[0]} if name else values)
            assert built is not None, rule
            yield from (built[1].replace(f"/{options[0]}", f"/{one}") if name else built[1] for one in options)

    def snapshot(self) -> dict[str, str]:
        """What stands in the tables of cases, as the backup's role reads it."""
        with self.network.servers.engines["spean_backup"].connect() as connection:
            query = "SELECT md5(coalesce(string_agg(row::text, ',' ORDER BY row::text), '')) FROM app.{} row WHERE {}"
            return {
                table: connection.execute(
                    text(query.format(table, " OR ".join(f"row.{column} = ANY(:orgs)" for column in columns))),
                    {"orgs": [self.team.ngo.id, self.team.clinic.id]},
                ).scalar_one()
                for table, columns in self._owners().items()
            }

    def _owners(self) -> dict[str, list[str]]:
        """Which columns of each table name an organisation."""
        found: dict[str, list[str]] = {table: [] for table in CASE_TABLES}
        with self.network.servers.engines["spean_backup"].connect() as connection:
            rows = connection.execute(
                text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'app'"
                     " AND column_name IN ('org_id', 'sender_org_id', 'receiver_org_id')")
            )  # fmt: skip
            for table, column in rows:
                if table in found:
                    found[table].append(column)
        assert all(found.values())
        return found

    def query(self, *, absent: bool = False) -> str:
        """What the interface is asked for after the question mark."""
        client = uuid4() if absent else self.ids["client_id"]
        return urlencode({"client_id": client, "programme_id": self.ids["programme_id"], "language": "km"})

    def json(self, address: str, *, absent: bool = False) -> dict[str, object]:
        """What fits for the programming interface, by how the address ends."""
        client, consent = (uuid4(), uuid4()) if absent else (self.ids["client_id"], self.ids["consent_id"])
        last = address.rpartition("/")[2]
        record = {"alias": "Somebody", "heard_from": "peer"}
        return {
            "clients": {"record": record},
            "search": {"words": "Somebody"},
            "consents": {
                "client_id": str(client), "programmes": [{"programme_id": str(self.team.second_id)}],
                "categories": ["identity"], "how": "spoken_witnessed", "language": "km", "able_to_decide": True,
            },
            **{end: {"consent_id": str(consent)} for end in ("referrals", "preview")},
            "notes": {"kind": "note", "body": "words"},
            "erase": {"reason": "asked", "version": 1},
            "accept": {"at": tomorrow().at.isoformat(), "keep": True},  # type: ignore[union-attr]
            "book": {"at": tomorrow().at.isoformat(), "keep": True},  # type: ignore[union-attr]
            "accept_and_arrive": {"code": self.slip_code},
            "note_arrival": {"code": self.slip_code},
            "complete": {"outcome": "service_received"},
            "message": {"text": "words"},
            **{action: {"reason": "other"} for action in ("decline", "release", "stop", "cancel")},
            str(self.ids["client_id"]): {"record": record, "version": 1},
        }.get(last, {})  # fmt: skip

    def form(self) -> dict[str, object]:
        """A form that fits wherever it is sent: what is refused is refused for who asks, not for what is missing."""
        day = clock.now().astimezone(PHNOM_PENH).date() + timedelta(days=1)
        parts = {"day": day.day, "month": day.month, "year": day.year}
        days = {f"{name}-{part}": value for name in ("on", "window_from", "window_to") for part, value in parts.items()}
        return {
            **days, "how": "appointment", "at": "10:30", "keep": "y", "reason": "other", "outcome": "service_received",
            "question": "still_wanted", "reply": "yes", "body": "words", "code": self.slip_code, "where": "new",
            "copied": "name", "version": "1", "alias": "Somebody", "name": "Somebody", "heard_from": "peer",
            "kind": "note", "programme": self.ids["programme_id"], "worker": self.ids["staff_id"], "urgency": "soon",
            "able_to_decide": "yes", "witness_id": self.ids["staff_id"], "language": "en", "categories": "identity",
            "expires_at": "90", "roles": "manager", "active": "no", "words": "Somebody", "name_en": "Somebody",
            "name_km": "Somebody", "service": "detox", "why": "asked", "sure": "y", "client_years": "5",
        }  # fmt: skip


def world(network: Network) -> World:
    """Made anew."""
    team = cast(network)
    manager, clinic_manager = team.ngo.manager, team.clinic.manager
    assert manager
    assert clinic_manager
    ours = programme(team.ngo)
    with team.outreach.transaction() as (session, actor):
        kept = create_client(session, actor, replace(SOKHA, alias="Canary-Kept"))
        add_note(session, actor, team.client_id, "Canary note on the timeline")
        episode = open_episode(session, actor, team.client_id, ours, heard_from=HeardFrom.PEER)
        draft = drafts.start(session, actor, kept, (team.programme_id,))
        make_token(session, actor, label="Canary token", days=3)
        token = next(access.id for access in open_access(session, actor) if access.kind == "api")
    consent = team.consent(team.second_id)[0]
    referral = team.send()
    with team.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral, tomorrow())
        talk.write(session, actor, referral, "Canary message")
    with manager.transaction() as (session, actor):
        invite(session, actor, frozenset({"outreach"}))
    with team.outreach.transaction() as (session, actor):
        code = issue.printed(session, actor, referral).code
    _tell(network)
    return World(
        network=network,
        team=team,
        manager=manager,
        ids={
            "id": referral, "referral_id": referral, "client_id": team.client_id, "draft_id": draft,
            "consent_id": consent, "episode_id": episode, "notice_id": notices(team.outreach).rows[0].id,
            "programme_id": team.programme_id, "org_id": team.clinic.id, "staff_id": team.outreach.staff_id,
            "invite_id": _invite(network, team.ngo.id), "token_id": token,
            "delivery_id": _failed(network, team.ngo.id),
        },
        secrets=(*CANARIES, "Canary-Kept", ref_of(team.outreach, referral)),
        slip_code=code,
        ref=ref_of(team.outreach, referral),
    )  # fmt: skip


def _tell(network: Network) -> None:
    """Let the worker write the notices."""
    with post_office_open() as post:
        workshop = Workshop(replace(network.servers.settings, smtp_url=post.url))
        relay.drain(workshop)
        workshop.close()


def _failed(network: Network, org_id: UUID) -> UUID:
    """A mail that could not be delivered."""
    with network.servers.administrator() as staging:
        row = staging.execute(
            "UPDATE app.deliveries SET state = 'failed', reason = 'address_refused' WHERE (org_id, id) IN"
            " (SELECT org_id, id FROM app.deliveries WHERE org_id = %s LIMIT 1) RETURNING id",
            (org_id,),
        ).fetchone()
    assert row
    return UUID(str(row[0]))


def _invite(network: Network, org_id: UUID) -> UUID:
    with network.servers.engines["spean_backup"].connect() as connection:
        query = text("SELECT id FROM app.invites WHERE org_id = :org ORDER BY made_at DESC LIMIT 1")
        found: UUID = connection.execute(query, {"org": org_id}).scalar_one()
        return found
