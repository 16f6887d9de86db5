"""Putting a packet away and taking it out: each part under a key of its own, wrapped to each side.

What the acting side may read is decided twice: `disclosure.visible_parts` here, and row-level security on
`packet_keys` in the database, which does not hand the receiver a key before its time or after it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy import Select, Text, Uuid, and_, bindparam, select
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.context import Actor
from app.core.db import remembered
from app.core.errors import Moved
from app.core.key_rows import NOT_ALONG, own_along
from app.core.keys import Keyring, PublicKey, WrappedKey, keyring
from app.core.rows import later
from orgs.clients.policy import sees_clinical_notes
from orgs.facts import CLINICAL
from referrals.life import disclosure, packets
from referrals.life.disclosure import Category, IdentityPart, Part, TriagePart
from referrals.life.models import Disclosure, PacketKey, PacketPart, Referral
from referrals.life.policy import Party
from referrals.life.redisclosure import CURRENT, Notice
from referrals.life.scope import Scoped


@dataclass(frozen=True)
class Packet:
    """What this side reads now. None: not yet, or no longer."""

    triage: TriagePart | None = None
    identity: IdentityPart | None = None

    @property
    def notice(self) -> Notice | None:
        """What travels with it; None where there is nothing to read."""
        return CURRENT if self.triage or self.identity else None


def put(session: Session, referral: Referral, receiver: PublicKey, triage: TriagePart, identity: IdentityPart) -> None:
    """Seal both parts, and wrap their keys to the sender and to the receiver.

    The sender, who has just written it, need not ask for it again.
    """
    ring, found = keyring(session), Scoped(referral, Party.SENDER)
    contents = {Part.TRIAGE: packets.triage_to_json(triage), Part.IDENTITY: packets.identity_to_json(identity)}
    parts, keys, kept = [], [], {}
    for part, content in contents.items():
        sealed = ring.seal_part(receiver, referral.id, part, content)
        same = {"sender_org_id": referral.sender_org_id, "referral_id": referral.id, "part": part}
        parts.append({**same, "receiver_org_id": referral.receiver_org_id, "body": sealed.body})
        for holder, org, wrap in (
            ("sender", referral.sender_org_id, sealed.for_sender),
            ("receiver", referral.receiver_org_id, sealed.for_receiver),
        ):
            held = {"holder": holder, "holder_org_id": org, "key_version": wrap.version, "wrapped": wrap.wrapped}
            keys.append({**same, **held})
        kept[part] = sealed.for_sender, sealed.body
    later(session, (PacketPart, parts), (PacketKey, keys))
    remembered(session, _state_of(found), lambda: _Held(ring, found, kept))


def read(session: Session, actor: Actor, found: Scoped) -> Packet:
    """The packet as this side may see it now, with an audit entry of what was read."""
    contents = _open(session, found)
    if contents:
        _note_opened(session, found, contents)
        audit.record(
            session,
            actor,
            "packet.read",
            subject="referral",
            subject_id=found.referral.id,
            ref=found.referral.ref,
            parts=" ".join(sorted(contents)),
        )
    triage, identity = contents.get(Part.TRIAGE), contents.get(Part.IDENTITY)
    return Packet(
        triage=packets.triage_from_json(triage) if triage else None,
        identity=_for(actor, found, packets.identity_from_json(identity)) if identity else None,
    )


def _note_opened(session: Session, found: Scoped, parts: Iterable[Part]) -> None:
    """The receiver's first look at each part, for the sender to account for. Later ones change nothing."""
    if found.party is not Party.RECEIVER:
        return
    row, now = found.referral, clock.now()
    same = {"sender_org_id": row.sender_org_id, "referral_id": row.id, "receiver_org_id": row.receiver_org_id}
    later(session, (Disclosure, [{**same, "part": part, "at": now} for part in sorted(parts)]), anew=False)


def _for(actor: Actor, found: Scoped, identity: IdentityPart) -> IdentityPart:
    """At the sender, clinical details are read as in the record: by clinicians and by the client's own worker."""
    if found.party is not Party.SENDER or found.is_own or sees_clinical_notes(actor):
        return identity
    hidden = {Category(detail) for detail in CLINICAL}
    return replace(identity, details={key: said for key, said in identity.details.items() if key not in hidden})


def identity_key(session: Session, found: Scoped) -> bytes | None:
    """The key of the identity part, under which free messages are sealed; None when this side has none."""
    return _held(session, found).key(Part.IDENTITY)


@dataclass
class _Held:
    """What row-level security lets this side read of a packet, each key opened when it is first needed."""

    ring: Keyring
    found: Scoped
    rows: dict[Part, tuple[WrappedKey, bytes]]
    keys: dict[Part, bytes] = field(default_factory=dict)

    def key(self, part: Part) -> bytes | None:
        if part in self.rows and part not in self.keys:
            row, holder = self.found.referral, _holder(self.found)
            self.keys[part] = self.ring.part_key(row.sender_org_id, row.id, part, holder, self.rows[part][0])
        return self.keys.get(part)


def _open(session: Session, found: Scoped) -> dict[Part, bytes]:
    row, held = found.referral, _held(session, found)
    visible = disclosure.visible_parts(found.party, found.state, row.ended_at, row.readable_until, clock.now())
    keys = {part: held.key(part) for part in visible}
    if None in keys.values():
        _check_still(session, found)
    return {
        part: held.ring.open_part(key, row.sender_org_id, row.id, part, held.rows[part][1])
        for part, key in keys.items()
        if key is not None
    }


def _check_still(session: Session, found: Scoped) -> None:
    """A key is missing that should be there: has a step taken it since the referral was read? Raises Moved."""
    row = found.referral
    now = session.execute(
        select(Referral.version).where(Referral.sender_org_id == row.sender_org_id, Referral.id == row.id)
    ).scalar_one_or_none()
    if now != row.version:
        raise Moved


def _held(session: Session, found: Scoped) -> _Held:
    """Asked once for each state of the referral: what a step opened or destroyed is seen after it."""
    row = found.referral

    def read() -> _Held:
        ring = keyring(session)
        wanted = {"own": ring.org_id, "sender": row.sender_org_id, "referral": row.id, "holder": _holder(found)}
        held = session.execute(_wanted(with_keys=not ring.is_open), wanted).all()
        ring.bring_own(held[0].org_keys if held else None)
        return _Held(
            ring, found, {Part(one.part): (WrappedKey(one.key_version, one.wrapped), one.body) for one in held}
        )

    return remembered(session, _state_of(found), read)


@cache
def _wanted(*, with_keys: bool) -> Select[*tuple[Any, ...]]:
    """Written once for the process. `with_keys`: the reader's own come along."""
    own, sender, referral = (bindparam(name, type_=Uuid) for name in ("own", "sender", "referral"))
    return (
        select(PacketKey.part, PacketKey.key_version, PacketKey.wrapped, PacketPart.body,
               own_along(own) if with_keys else NOT_ALONG)
        .join(PacketPart, and_(PacketPart.sender_org_id == PacketKey.sender_org_id,
                               PacketPart.referral_id == PacketKey.referral_id, PacketPart.part == PacketKey.part))
        .where(PacketKey.sender_org_id == sender, PacketKey.referral_id == referral,
               PacketKey.holder == bindparam("holder", type_=Text))
    )  # fmt: skip


def _state_of(found: Scoped) -> tuple[Hashable, ...]:
    row = found.referral
    return "packet", found.party, row.id, row.state, row.version, row.updated_at


def _holder(found: Scoped) -> str:
    return "sender" if found.party is Party.SENDER else "receiver"
