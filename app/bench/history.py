"""The rows of one sender's past: clients, permissions, referrals and all that hangs on them, sealed as in real life.

What is written could have happened: the states, the times, who holds which key. It is checked once it stands, by the
foreign keys that are built over it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.bench.network import HOSPITAL, House
from app.bench.plan import CASELOAD, HISTORY_DAYS, OPEN_DAYS, RECEIVED, STATES, Share
from app.core import crypto, ids
from app.core.clock import PHNOM_PENH
from app.core.keys import Keyring, PublicKey, WrappedKey
from app.demo.people import record
from orgs.clients import store
from orgs.clients.records import Record
from referrals.consents.wording import CURRENT
from referrals.life import packets
from referrals.life.disclosure import IdentityPart, TriagePart, Urgency
from referrals.life.states import ENDED, RELEASED_IDENTITY, State
from referrals.slips import issue

Rows = dict[str, list[tuple[Any, ...]]]
_WRAP = len(crypto.seal_to(crypto.new_pair()[1], crypto.new_key(), b""))
_SIGNS, _STRIDE = 7, 13_516_789_337  # prime to 30, the number of signs
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LASTS = timedelta(days=90)
_READABLE = timedelta(days=30)
URGENCIES = (Urgency.ROUTINE,) * 7 + (Urgency.SOON,) * 2 + (Urgency.URGENT,)
"""How urgent ten referrals are."""
_KEYS_GONE = frozenset({State.DECLINED, State.RELEASED, State.CANCELLED, State.WITHDRAWN, State.EXPIRED})


@dataclass(frozen=True)
class Person:
    """A client who exists already."""

    id: UUID
    worker: UUID
    record: Record


@dataclass
class Writer:
    """Makes the rows of one sender, some at a time."""

    share: Share
    houses: list[House]
    keys: dict[str, PublicKey]
    ring: Keyring
    now: datetime
    dice: Random
    people: list[Person] = field(default_factory=list)

    @property
    def house(self) -> House:
        return self.houses[self.share.index]

    def id(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def ordered_id(self, at: datetime) -> UUID:
        """As `app.core.ids.ordered_id` would have made it then."""
        moment, dice = int(at.timestamp() * 1000), self.dice.getrandbits
        return UUID(int=moment << 80 | 7 << 76 | dice(12) << 64 | 2 << 62 | dice(62))

    def clients(self, *, known: bool = False) -> Rows:
        """Everybody whom this organisation knows. The first so many are the outreach worker's own.

        `known`: they are stored already, and are only remembered.
        """
        rows: Rows = defaultdict(list)
        for number in range(self.share.clients):
            client, code = self.id(), f"{self.house.prefix}-{code_of(number)}"
            met = self.now - timedelta(minutes=self.dice.randint(1, HISTORY_DAYS * 1440))
            about = record(self.dice, met)
            worker = UUID(self.house.staff["outreach" if number < CASELOAD else "caseworker"])
            self.people.append(Person(client, worker, about))
            if not known:
                generation, made = self.ring.make_client(client)
                sealed = store.sealed(self.ring, client, about)
                fields = (sealed[one] for one in SEALED)
                rows["clients"].append((self.ring.org_id, client, code, *fields, worker, met, met))
                rows["client_keys"].append((self.ring.org_id, client, generation, made.version, made.wrapped, met))
        return rows

    def referrals(self, first: int, count: int) -> Rows:
        """So many of this sender's referrals, from the `first` on, and everything that hangs on them."""
        rows: Rows = defaultdict(list)
        for number in range(first, first + count):
            Thread(self, rows, number).write()
        return rows

    def receiver(self) -> House:
        if self.share.index != HOSPITAL and self.dice.random() < RECEIVED * 1.0175:  # it does not send to itself
            return self.houses[HOSPITAL]
        while True:
            chosen = self.dice.choice(self.houses)
            if chosen is not self.house and chosen is not self.houses[HOSPITAL]:
                return chosen


SEALED = ("alias", "name", "phone", "phone_hash", "reach", "facts", "area", "heard_from")


class Thread:
    """One referral from its permission to its end."""

    def __init__(self, writer: Writer, rows: Rows, number: int) -> None:
        self.writer, self.rows, self.dice = writer, rows, writer.dice
        self.person = self.dice.choice(writer.people)
        self.to = writer.receiver()
        self.receiver = UUID(self.to.id)
        self.programme, self.service = self.dice.choice(list(self.to.programmes.items()))
        self.state = self.dice.choices(list(STATES), list(STATES.values()))[0]
        self.urgency = self.dice.choice(URGENCIES)
        self._times()
        self.id, self.ref = writer.ordered_id(self.sent), f"R-{code_of(number)}"

    def _times(self) -> None:
        now, dice = self.writer.now, self.dice
        open_ = self.state not in ENDED
        days = OPEN_DAYS if open_ else HISTORY_DAYS
        least = 1 if open_ else 40 * 1440
        self.sent = now - timedelta(minutes=dice.randint(least, days * 1440), seconds=dice.randint(0, 59))
        self.answered = self.sent + timedelta(minutes=dice.randint(5, 400))
        self.due = self.sent + 4 * _HOUR
        self.ended = self.answered + timedelta(minutes=dice.randint(60, 30 * 1440)) if not open_ else None
        self.changed = self.ended or (self.sent if self.state is State.SENT else min(self.answered, now))
        self.lapses = self.sent + _LASTS
        self.readable = min(self.lapses, self.ended + _READABLE) if self.ended else self.lapses

    def write(self) -> None:
        self._consent()
        self._referral()
        self._packet()
        self._slip()
        self._events()

    @property
    def _accepted(self) -> bool:
        return self.state in RELEASED_IDENTITY

    @property
    def _arrived(self) -> bool:
        return self.state in RELEASED_IDENTITY - {State.ACCEPTED}

    def _consent(self) -> None:
        self.consent, self.sitting = self.writer.id(), self.writer.id()
        withdrawn = self.ended if self.state is State.WITHDRAWN else None
        self.rows["consents"].append(
            (
                self.writer.ring.org_id, self.consent, self.person.id, self.sitting, 1, self.receiver,
                UUID(self.programme), ["identity", "phone"], ["injecting"], self.sent, self.lapses, "spoken_witnessed",
                self.person.worker, CURRENT, "km", True, withdrawn, self.person.worker,
            )
        )  # fmt: skip

    def _referral(self) -> None:
        answered = self.answered if self.state not in {State.SENT, State.CANCELLED, State.EXPIRED} else None
        meets = self.answered + 2 * _DAY if self._accepted else None
        self.rows["referrals"].append(
            (
                self.writer.ring.org_id, self.id, self.ref, self.receiver, UUID(self.programme), self.consent,
                self.service, self.urgency, self.person.record.khan, self.state, self.sent, self.due,
                self.sent + 2 * _HOUR, self.sent + timedelta(days=14), answered, answered,
                int((self.answered - self.sent).total_seconds() // 60) if answered else None,
                self.answered if self._accepted else None, self.answered if self._arrived else None, self.ended,
                self.readable, meets, self.changed, "overdue" if self.ended is None else "no",
            )
        )  # fmt: skip
        self.rows["referral_clients"].append(
            (self.writer.ring.org_id, self.id, self.person.id, self.person.worker, self.sitting,
             self.writer.ring.pseudonym(self.person.id))
        )  # fmt: skip
        self.rows["caseload_referrals"].append(
            (self.writer.ring.org_id, self.id, self.person.worker, UUID(self.programme), self.urgency, self.state,
             self.due, meets, self.changed)
        )  # fmt: skip

    def _packet(self) -> None:
        about, sender = self.person.record, self.writer.ring.org_id
        triage = TriagePart(
            self.service, self.urgency, None, None, about.facts.language, (), about.khan, {"injecting": True}
        )
        identity = IdentityPart(alias=about.alias, name=about.name, phone=about.phone)
        contents = {"triage": packets.triage_to_json(triage), "identity": packets.identity_to_json(identity)}
        for part, content in contents.items():
            body, for_sender, for_receiver = self._sealed(part, content)
            self.rows["packet_parts"].append((sender, self.id, part, self.receiver, body))
            holders = [("sender", sender, for_sender)]
            if self.state not in _KEYS_GONE:
                holders.append(("receiver", self.receiver, for_receiver))
            for holder, org, held in holders:
                self.rows["packet_keys"].append((sender, self.id, part, org, holder, held.version, held.wrapped))
            if (part == "triage" and self.state is not State.SENT) or (part == "identity" and self._accepted):
                self.rows["disclosures"].append((sender, self.id, part, self.receiver, self.answered))

    def _sealed(self, part: str, content: bytes) -> tuple[bytes, WrappedKey, WrappedKey]:
        """As a packet is sealed. Where the receiver may never open it again, its wrap is as many random bytes."""
        ring, to = self.writer.ring, self.writer.keys[self.to.id]
        if self.readable > self.writer.now:
            whole = ring.seal_part(to, self.id, part, content)
            return whole.body, whole.for_sender, whole.for_receiver
        body, for_sender = ring.seal_own_part(self.id, part, content)
        return body, for_sender, WrappedKey(to.version, os.urandom(_WRAP))

    def _slip(self) -> None:
        values = issue.columns(self.writer.ring, self.id)
        dead = self.ended if self.state in _KEYS_GONE else None
        self.rows["slips"].append(
            (self.writer.ring.org_id, self.id, self.receiver, values["code_hash"], values["token_hash"],
             values["secrets"], dead)
        )  # fmt: skip

    def _events(self) -> None:
        nurse = UUID(self.to.staff["nurse"])
        self._event("sent", self.sent, self.writer.ring.org_id, self.person.worker)
        self._fact("referred", self.sent)
        if self._accepted:
            self._event("accepted", self.answered, self.receiver, nurse)
            self._fact("accepted", self.answered)
        if self._arrived:
            self._event("arrived", self.answered, self.receiver, nurse)
            self._fact("arrived", self.answered)
        if self.state is State.COMPLETED:
            self._fact("completed", self.changed)
        if self.ended:
            self._event(self.state, self.ended, self.receiver, nurse)

    def _event(self, kind: str, at: datetime, org: UUID, staff: UUID) -> None:
        sender = self.writer.ring.org_id
        self.rows["referral_events"].append(
            (sender, self.writer.ordered_id(at), self.id, self.receiver, kind, at, org, staff)
        )

    def _fact(self, measure: str, at: datetime) -> None:
        self.rows["uptake_facts"].append(
            (self.receiver, self.writer.id(), at.astimezone(PHNOM_PENH).date(), self.person.record.khan, self.service,
             measure, self.writer.ring.pseudonym(self.person.id))
        )  # fmt: skip


def code_of(number: int) -> str:
    """Seven signs that look thrown, and are another's for no other number: thrown ones would meet among so many."""
    value, signs = number * _STRIDE % len(ids.ALPHABET) ** _SIGNS, ""
    for _ in range(_SIGNS):
        value, at = divmod(value, len(ids.ALPHABET))
        signs += ids.ALPHABET[at]
    return signs
