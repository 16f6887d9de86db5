"""One referral from its sending to its end and beyond, and everything that its receiver is told meanwhile."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from werkzeug.test import TestResponse

from app.core import ids
from orgs.clients.use_cases.records import create_client
from orgs.facts import Detail, ErasureReason
from orgs.staff.own_access import make_token
from referrals.boxes.tabs import INBOX
from referrals.erasing.use_cases import erase
from referrals.life import packet_store
from referrals.life.disclosure import RequestValues
from referrals.life.models import PacketKey
from referrals.life.reasons import CancelReason
from referrals.life.scope import load
from referrals.life.states import ENDED, Action, State
from referrals.life.use_cases import finish, talk
from referrals.page.acts import BY_HAND
from referrals.sending.use_cases import Request, send
from tests.cast import SOKHA, Cast, cast, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.running import PostOffice, swept
from tests.walls.test_every_route import is_api, methods, rules
from worker import periodic, relay
from worker.context import Workshop

ROOT = "/api/v1"
TRIAGE = ("Age group", "Does the person inject?")
"""What a page shows of the first part."""
NOTHING_TO_READ = {"triage": None, "identity": None, "notice": None}
STEPS: dict[str, dict[str, Any]] = {
    "waitlist": {},
    "accept": {"at": tomorrow().at.isoformat(), "keep": True},  # type: ignore[union-attr]
    "accept_and_arrive": {},
    "book": {"at": tomorrow().at.isoformat(), "keep": True},  # type: ignore[union-attr]
    "no_show": {},
    "note_arrival": {},
    "take": {"copied": ["name"]},
    "message": {"text": "on behalf of the receiver"},
    "complete": {"outcome": "service_received"},
    "stop": {"reason": "left"},
}
"""What the receiver asks for by the interface, each under a key of its own that is kept."""


@dataclass
class Stage:
    """What all plays share: the houses, the site, the worker, and whatever is logged or mailed meanwhile."""

    network: Network
    team: Cast
    app: Flask
    workshop: Workshop
    post: PostOffice
    said: list[str]
    """Lines of the log."""
    program: str
    """A token with which the nurse's program reads."""
    colleague: Person
    """Of the nurse's, who was not told of the referral."""

    @classmethod
    def of(cls, network: Network, post: PostOffice, log: list[str]) -> Stage:
        team = cast(network)
        with team.nurse.transaction() as (session, actor):
            token = make_token(session, actor, label="A program", days=3)
        workshop = Workshop(replace(network.servers.settings, smtp_url=post.url))
        return cls(network, team, site(network), workshop, post, log, token, team.clinic.person("caseworker"))


class Listener(logging.Handler):
    """Keeps every line, with the exception's way if there was one."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(message)s"))
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass(frozen=True)
class Sent:
    """A request of the receiver's program, to be sent again."""

    address: str
    body: dict[str, Any]
    key: str


@dataclass
class Play:
    """A client nobody else is called like, and one referral of theirs."""

    stage: Stage
    tag: str = field(default_factory=lambda: ids.code(8))
    requests: list[Sent] = field(default_factory=list)
    own: UUID | None = None
    """The receiver's own record, once it took the person into its own."""

    def __post_init__(self) -> None:
        team = self.team
        record = replace(
            SOKHA, alias=f"Alias-{self.tag}", name=f"Name-{self.tag}", safe_contact=f"Contact-{self.tag}",
            facts=replace(SOKHA.facts, contact_notes=f"Where-{self.tag}", details={Detail.DRUG_USE: f"Use-{self.tag}"}),
        )  # fmt: skip
        with team.outreach.transaction() as (session, actor):
            self.client_id = create_client(session, actor, record)
        self.mails_before, self.lines_before = len(self.stage.post.raw), len(self.stage.said)
        self.referral_id = self.send()

    @property
    def team(self) -> Cast:
        return self.stage.team

    def send(self) -> UUID:
        """A referral of this client, on a permission of its own."""
        consent = replace(self.team, client_id=self.client_id).consent()[0]
        values = RequestValues(service="methadone", note=f"Note-{self.tag}", answers={"injecting": True})
        with self.team.outreach.transaction() as (session, actor):
            return send(session, actor, Request(consent, values)).id

    # --- what happens ---
    def ask(self, step: str) -> int:
        """The receiver's program takes a step, or is refused; returns the status."""
        made = Sent(f"{self._address}/{step}", STEPS[step], str(uuid4()))
        answer = self._post(made)
        if answer.status_code == 200:
            self.requests.append(made)
            if step == "take":
                assert answer.json is not None
                self.own = UUID(answer.json["client_id"])
        return answer.status_code

    def say(self) -> None:
        """The sender writes in confidence."""
        with self.team.outreach.transaction() as (session, actor):
            talk.write(session, actor, self.referral_id, f"Message-{self.tag}")

    def work(self) -> None:
        """The worker does whatever waits, and what it does by the clock."""
        relay.drain(self.stage.workshop)
        periodic.due(self.stage.workshop)
        relay.drain(self.stage.workshop)
        swept(self.stage.network, self.stage.workshop)

    def end(self, how: str) -> None:
        """Raises Conflict or AssertionError where it cannot end like this."""
        ENDINGS[how](self)

    @property
    def state(self) -> State:
        with self.team.outreach.transaction() as (session, actor):
            return load(session, actor, self.referral_id).state

    # --- what is told ---
    @property
    def words(self) -> tuple[str, ...]:
        """What only the packet and the messages hold: what the receiver copied into its own record is its own."""
        named = () if self.own else (f"Alias-{self.tag}", f"Name-{self.tag}")
        return (*named, *(f"{kind}-{self.tag}" for kind in ("Contact", "Where", "Use", "Note", "Message")))

    def told(self) -> dict[str, list[str]]:
        """What of the packet each way of asking gives the receiver now."""
        return self._by({**self._soon(), "pages": self._pages, "lists": self._lists, "programs": self._programs,
                         "mails": self._mails, "logs": self._logs})  # fmt: skip

    def told_at_once(self) -> dict[str, list[str]]:
        """The same by the ways that are quick to try."""
        return self._by(self._soon())

    def _soon(self) -> dict[str, Callable[[], Iterator[str]]]:
        return {
            "page": self._page, "interface": self._interface, "replays": self._replays, "SQL": self._sql,
            "use cases": self._use_cases,
        }  # fmt: skip

    def _by(self, ways: dict[str, Callable[[], Iterator[str]]]) -> dict[str, list[str]]:
        return {way: self._found(read()) for way, read in ways.items()}

    def _found(self, texts: Iterator[str]) -> list[str]:
        whole = "\n".join(texts)
        packets = re.findall(r"Packet\(\w+=\w+Part|'triage': {|PacketKey\(\w+\)", whole)
        return [word for word in (*self.words, *TRIAGE) if word in whole] + packets

    def _browser(self, person: Person | None = None) -> FlaskClient:
        return client_for(self.stage.app, person or self.team.nurse)

    def _page(self) -> Iterator[str]:
        yield self._browser().get(f"/referrals/{self.referral_id}").text

    def _pages(self) -> Iterator[str]:
        """Every address that takes the referral's id, forms and papers too."""
        places = {"id": self.referral_id, "referral_id": self.referral_id}
        browser = self._browser()
        for rule in rules(self.stage.app):
            if is_api(rule) or "GET" not in methods(rule) or not rule.arguments & places.keys():
                continue
            for action in BY_HAND if "action" in rule.arguments else ("",):
                built = rule.build({**places, "action": str(action)})
                assert built is not None, rule
                yield browser.get(built[1]).text

    def _lists(self) -> Iterator[str]:
        browser = self._browser()
        for address in ("/notices/", "/notices/?page=2", *(f"/inbox?tab={tab.key}" for tab in INBOX)):
            yield browser.get(address).text
        for address in ("referrals?side=receiver", "notifications"):
            yield browser.get(f"{ROOT}/{address}").text
        for words in (f"Name-{self.tag}", f"Alias-{self.tag}"):
            found = browser.post(f"{ROOT}/clients/search", json={"words": words})
            yield found.text if self.own is None else ""

    @property
    def _address(self) -> str:
        return f"{ROOT}/referrals/{self.referral_id}"

    def _interface(self) -> Iterator[str]:
        yield from _packets(self._browser().get(self._address))

    def _programs(self) -> Iterator[str]:
        """By a program's token, and as a colleague who was not told of it."""
        bearer = {"Authorization": f"Bearer {self.stage.program}"}
        yield from _packets(self.stage.app.test_client().get(self._address, headers=bearer))
        yield from _packets(self._browser(self.stage.colleague).get(self._address))

    def _replays(self) -> Iterator[str]:
        """What was asked before is asked again under the same keys: done no second time, answered for today."""
        for one in self.requests:
            answer = self._post(one)
            assert (answer.status_code, answer.headers.get("Idempotency-Replayed")) == (200, "true"), one.address
            yield from _packets(answer)

    def _post(self, one: Sent) -> TestResponse:
        return self._browser().post(one.address, json=one.body, headers={"Idempotency-Key": one.key})

    def _sql(self) -> Iterator[str]:
        """Keys that a query without any WHERE is given; and every row about it, should something stand in the clear."""
        with self.team.nurse.transaction() as (session, _actor):
            held = session.scalars(select(PacketKey.part).where(PacketKey.referral_id == self.referral_id)).all()
            yield from (f"PacketKey({part})" for part in held)
            for table in ("referral_events", "messages", "packet_parts", "slips", "notifications", "disclosures"):
                rows = text(f"SELECT coalesce(string_agg(x::text, ' '), '') FROM app.{table} x WHERE referral_id = :id")
                yield str(session.execute(rows, {"id": self.referral_id}).scalar_one())

    def _use_cases(self) -> Iterator[str]:
        with self.team.nurse.transaction() as (session, actor):
            yield repr(packet_store.read(session, actor, load(session, actor, self.referral_id)))

    def _mails(self) -> Iterator[str]:
        self.work()
        yield from (mail.decode(errors="replace") for mail in self.stage.post.raw[self.mails_before :])
        yield from (str(mail.get_content()) for mail in self.stage.post.mails[self.mails_before :])

    def _logs(self) -> Iterator[str]:
        yield from self.stage.said[self.lines_before :]

    def own_record(self) -> str:
        """The receiver's own record of the person, as its page."""
        return self._browser().get(f"/clients/{self.own}").text

    def sender_reads(self) -> str:
        return self._browser(self.team.outreach).get(f"/referrals/{self.referral_id}").text

    def receivers_keys(self) -> int:
        """How many keys of the receiver's there are at all, as a dump would have them."""
        with self.stage.network.servers.engines["spean_backup"].connect() as dump:
            found = select(func.count()).where(
                PacketKey.referral_id == self.referral_id, PacketKey.holder == "receiver"
            )
            return dump.execute(found).scalar_one()


def _packets(answer: TestResponse) -> Iterator[str]:
    """The whole answer, and the packet in it by itself."""
    assert answer.status_code == 200, answer.status_code
    assert answer.json is not None
    yield answer.text
    if answer.json["packet"] != NOTHING_TO_READ:
        yield repr(answer.json["packet"])


# --- the endings ---
def _by_sender(do: Callable[..., object], *given: object) -> Callable[[Play], None]:
    def run(play: Play) -> None:
        with play.team.outreach.transaction() as (session, actor):
            do(session, actor, play.referral_id, *given)

    return run


def _by_receiver(action: Action, body: dict[str, Any]) -> Callable[[Play], None]:
    def run(play: Play) -> None:
        made = Sent(f"{play._address}/{action}", body, str(uuid4()))
        answer = play._post(made)
        assert answer.status_code == 200, answer.text
        play.requests.append(made)

    return run


def _later(statement: str) -> Callable[[Play], None]:
    """Time goes by: the administrator sets the moment back, since the database takes no such word from us."""

    def run(play: Play) -> None:
        with play.stage.network.servers.administrator() as staging:
            staging.execute("SET LOCAL session_replication_role = replica")
            staging.execute(statement, {"id": play.referral_id})  # type: ignore[arg-type]

    return run


def _run_out(play: Play) -> None:
    assert play.state in {State.SENT, State.WAITLISTED, State.ACCEPTED}
    _later("UPDATE app.referrals SET expires_at = now() - interval '1 second' WHERE id = %(id)s")(play)
    periodic.due(play.stage.workshop)
    assert play.state is State.EXPIRED


def _erase(play: Play) -> None:
    with play.team.outreach.transaction() as (session, actor):
        erase(session, actor, play.client_id, ErasureReason.ASKED, version=1)


LAPSE = """
WITH past AS (UPDATE app.referrals SET readable_until = now() - interval '1 millisecond' WHERE id = %(id)s
    RETURNING sender_org_id, consent_id)
UPDATE app.consents c SET expires_at = now() - interval '1 millisecond' FROM past
    WHERE c.org_id = past.sender_org_id AND c.id = past.consent_id
"""
ENDINGS: dict[str, Callable[[Play], None]] = {
    "withdrawn by the sender": _by_sender(finish.withdraw),
    "withdrawn by the receiver": _by_receiver(Action.WITHDRAW, {}),
    "declined": _by_receiver(Action.DECLINE, {"reason": "no_capacity"}),
    "released": _by_receiver(Action.RELEASE, {"reason": "cannot_serve"}),
    "cancelled": _by_sender(finish.cancel, CancelReason.NEED_MET),
    "expired": _run_out,
    "lapsed": _later(LAPSE),
    "erased": _erase,
}
KEYLESS = ENDINGS.keys() - {"expired", "lapsed"}
"""These destroy the receiver's keys at once; what time ends is closed by the policy, and destroyed a day later."""
assert {State.DECLINED, State.RELEASED, State.CANCELLED, State.WITHDRAWN, State.EXPIRED} < ENDED
