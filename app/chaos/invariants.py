"""What must hold whatever happened: each invariant is one function over a recorded history.

Every one has a test with a history that breaks it and one that does not (`tests/chaos/test_invariants.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus

from app.chaos.history import Final, Operation, Outcome

MADE_OF = {
    "accept": "accepted", "decline": "declined", "waitlist": "waitlisted", "cancel": "cancelled",
    "withdraw": "withdrawn", "note_arrival": "arrived", "accept_and_arrive": "arrived", "complete": "completed",
    "message": "message",
}  # fmt: skip
"""Which event a step leaves."""
UNCOUNTED = frozenset({"sent", "seen", "message", "place_free"})
"""Events that leave the version as it was; a referral begins at 1 when it is sent."""
BY_THE_DATABASE = frozenset({"place_free"})
"""Events without a person or a time behind them. They have no entry in the audit."""
DUE_WITHIN = timedelta(minutes=2)


def acknowledged(operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """What was answered with ok is there at the end, for the person who did it."""
    as_sender = {one.referral: one for one in final.seen if one.party == "sender"}
    for one in _firsts(operations):
        if one.what in {"client", "walk_in"}:
            status = final.clients.get(one.made)
            yield None if status == HTTPStatus.OK else f"client {one.made}: {status}"
        elif one.what == "consent":
            yield None if one.made in final.consents else f"consent {one.made}"
        elif one.what == "send":
            found = as_sender.get(one.made)
            yield None if found and found.status == HTTPStatus.OK else f"referral {one.made}"
    for (referral, kind), keys in _steps(operations, {Outcome.OK}).items():
        seen = as_sender[referral].kinds.count(kind) if referral in as_sender else 0
        yield None if seen >= len(keys) else f"referral {referral}: {kind} {seen} times of {len(keys)}"


def one_for_a_key(operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """A key makes one client or referral, or takes one step, however often and however many at once send it."""
    yield from _one_client_for_a_key(operations, final)
    of_consent: dict[str, list[str]] = defaultdict(list)
    for row in final.referrals:
        of_consent[row.consent].append(row.id)
    for key, sends in _by_key(operations, "send").items():
        made = {row for one in sends for row in of_consent[one.on]}
        named = {one.made for one in sends if one.outcome is Outcome.OK}
        yield None if len(made) <= 1 and named <= made else f"key {key}: {len(made)} referrals, {len(named)} answered"
    asked = {one.on for one in operations if one.what == "send"}
    yield from (f"referral {row.id}: nobody sent it" for row in final.referrals if row.consent not in asked)
    happened = Counter((one.referral, one.kind) for one in final.events)
    for (referral, kind), keys in _steps(operations, {Outcome.OK, Outcome.UNKNOWN}).items():
        times = happened[referral, kind]
        yield None if times <= len(keys) else f"referral {referral}: {kind} {times} times for {len(keys)} keys"


def _one_client_for_a_key(operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    made = {**_by_key(operations, "client"), **_by_key(operations, "walk_in")}
    for key, every in made.items():
        named = {one.made for one in every if one.outcome is Outcome.OK}
        yield None if len(named) <= 1 else f"key {key}: {len(named)} clients"
    asked = sum(any(one.outcome is not Outcome.FAIL for one in every) for every in made.values())
    yield None if len(final.written) <= asked else f"{len(final.written)} clients for {asked} keys"


def no_packet_after_withdrawal(operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """Whoever received it reads nothing of the packet once a withdrawal was answered."""
    since: dict[str, float] = {}
    for one in operations:
        if one.what == "withdraw" and one.outcome is Outcome.OK:
            since[one.on] = min(one.ended, since.get(one.on, one.ended))
    receivers = {row.id: row.receiver_org for row in final.referrals}
    org_of = {one.staff: one.org for one in final.people}
    for one in operations:
        after = one.on in since and one.begun > since[one.on]
        if after and one.packet is not None and org_of.get(one.who) == receivers.get(one.on):
            yield f"referral {one.on}: a packet in the answer to {one.what}" if one.packet else None
    withdrawn = {one.referral for one in final.events if one.kind == "withdrawn"}
    for found in final.seen:
        if found.party == "receiver" and found.referral in withdrawn:
            yield f"referral {found.referral}: a packet at the end" if found.packet else None


def versions(operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """Each step adds one to the version; what If-Match demanded is what was changed."""
    counted = Counter(one.referral for one in final.events if one.kind not in UNCOUNTED)
    for row in final.referrals:
        wanted = 1 + counted[row.id]
        yield None if row.version == wanted else f"referral {row.id}: version {row.version} after {wanted - 1} steps"
    taken: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in operations:
        step = MADE_OF.get(one.what)
        if one.outcome is not Outcome.OK or one.replayed or one.version is None or step in UNCOUNTED | {None}:
            continue
        taken[one.on, one.version].add(one.key)
        if one.asked_version is not None:
            right = one.version == one.asked_version + 1
            yield None if right else f"referral {one.on}: {one.asked_version} became {one.version}"
    for (referral, version), keys in taken.items():
        yield None if len(keys) == 1 else f"referral {referral}: version {version} was given {len(keys)} times"


def places(_operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """No more places are held than there are, but for those that were given with a reason."""
    for one in final.places:
        right = one.taken <= one.capacity + one.over
        yield None if right else f"programme {one.programme}: {one.taken} of {one.capacity}, {one.over} with a reason"


def nothing_foreign(operations: Sequence[Operation], _final: Final) -> Iterator[str | None]:
    """Whoever has no part in it finds nothing there."""
    for one in operations:
        if one.what == "foreign" and one.outcome is not Outcome.UNKNOWN:
            yield None if one.status == HTTPStatus.NOT_FOUND else f"{one.on}: {one.status} for an outsider"


def due_in_time(_operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """Whatever is due is reminded of, or has run out, within two minutes."""
    at = {(one.referral, one.kind): one.at for one in final.events}
    for one in final.due:
        happened = at.get((one.referral, one.kind))
        right = happened is not None and happened - one.at <= DUE_WITHIN
        took = f"{(happened - one.at).total_seconds():.0f} s" if happened else "never"
        yield None if right else f"referral {one.referral}: {one.kind} {took}"


def audited(operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """The audit is as it was written, and lacks neither an event nor the reading of a packet."""
    yield None if final.verified else "verify-audit says no, or entries wait to be sealed"
    written: Counter[tuple[str, str]] = Counter()
    for entry in final.entries:
        written[entry.action, entry.subject] += entry.times
    audited_ones = (one for one in final.events if one.kind not in BY_THE_DATABASE)
    for (referral, kind), times in Counter((one.referral, one.kind) for one in audited_ones).items():
        found = written[f"referral.{kind}", referral]
        yield None if found == times else f"referral {referral}: {kind} {times} times, {found} in the audit"
    read = {(one.subject, one.staff): one.times for one in final.entries if one.action == "packet.read"}
    for key, times in Counter((one.on, one.who) for one in operations if one.what == "read" and one.packet).items():
        found = read.get(key, 0)
        yield None if found >= times else f"referral {key[0]}: read {times} times, {found} in the audit"


def _firsts(operations: Sequence[Operation]) -> list[Operation]:
    """One for each thing that was acknowledged, however often."""
    return list({(one.what, one.made): one for one in operations if one.outcome is Outcome.OK and one.made}.values())


def _by_key(operations: Sequence[Operation], what: str) -> dict[str, list[Operation]]:
    found: dict[str, list[Operation]] = defaultdict(list)
    for one in operations:
        if one.what == what:
            found[one.key].append(one)
    return found


def _steps(operations: Sequence[Operation], outcomes: set[Outcome]) -> dict[tuple[str, str], set[str]]:
    """The keys under which a step was taken, or may have been, by referral and event."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in operations:
        if one.what in MADE_OF and one.outcome in outcomes:
            found[one.on, MADE_OF[one.what]].add(one.key)
    return found
