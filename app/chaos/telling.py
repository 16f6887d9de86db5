"""Whether people were told: the invariants over events, the outbox, notices and mails.

Who must be told is worked out here from what the network was made of (teams, who sent), not from the rows that are
under test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.chaos.history import Event, Final, Operation, Person, Referral

TO_BOTH = frozenset({"expired", "overdue"})
TO_RECEIVER = frozenset({"half_time", "place_free"})
NOBODY = frozenset({"seen", "taken"})
_LAST_WORD = frozenset({"withdrawn", "cancelled"})
_REMINDERS = frozenset({"half_time", "overdue"})
_SETTLED = frozenset({"off", "sent", "failed", "parked", "dropped"})


def told_orgs(event: Event, referral: Referral) -> frozenset[str]:
    """The organisations to be told: the side that did not do it, or those whom a time that ran out concerns."""
    both = frozenset({referral.sender_org, referral.receiver_org})
    if event.kind in NOBODY:
        return frozenset()
    if event.kind in TO_BOTH:
        return both
    return frozenset({referral.receiver_org}) if event.kind in TO_RECEIVER else both - {event.by_org or ""}


@dataclass(frozen=True)
class Owed:
    """Somebody to be told of an event."""

    event: Event
    person: Person

    def __str__(self) -> str:
        return f"event {self.event.id} ({self.event.kind}), staff {self.person.staff}"


def owed(operations: Sequence[Operation], final: Final) -> Iterator[Owed]:
    """Whom each event must have reached by now. What a withdrawal or an answer made pointless need not be told."""
    people = {one.staff: one for one in final.people}
    sent_by = {one.on: one.who for one in operations if one.what == "send"}
    rows = {one.id: one for one in final.referrals}
    for event in final.events:
        row = rows[event.referral]
        if not _still_matters(event.kind, row.state):
            continue
        for org in told_orgs(event, row):
            asked = {sent_by.get(row.consent, "")} if org == row.sender_org else final.teams[row.programme]
            yield from (Owed(event, people[one]) for one in asked if one in people and one != event.by_staff)


def _still_matters(kind: str, state: str) -> bool:
    if state in _LAST_WORD:
        return kind == state
    if kind == "place_free":
        return state == "waitlisted"
    return kind not in _REMINDERS or state == "sent"


def one_outbox_row(_operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """For each event and organisation to be told there is one row of the outbox, and no other row."""
    rows = {one.id: one for one in final.referrals}
    there = Counter((one.event, one.org) for one in final.jobs)
    wanted = {(one.id, org) for one in final.events for org in told_orgs(one, rows[one.referral])}
    for event, org in wanted:
        times = there[event, org]
        yield None if times == 1 else f"event {event}: {times} rows for organisation {org}"
    yield from (f"event {event}: a row for organisation {org}" for event, org in set(there) - wanted)


def one_notice(_operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """A person has one notice of an event."""
    for (staff, event), times in Counter((one.staff, one.event) for one in final.notices).items():
        yield None if times == 1 else f"event {event}: {times} notices for staff {staff}"


def covered(operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """Everybody who must be told has it in the bell and, where they have such a channel, at least one mail.

    A mail that the server refused for good must be known as failed; one that is parked waits to be sent again.
    """
    notices = {(one.event, one.staff): one for one in final.notices}
    taken = {one.notice for one in final.mails if one.taken}
    refused = {one.notice for one in final.mails if one.refused}
    for one in owed(operations, final):
        notice = notices.get((one.event.id, one.person.staff))
        if notice is None:
            yield f"{one}: not in the bell"
        elif not one.person.by_mail or notice.id in taken or notice.mail == "parked":
            yield None
        else:
            known = notice.id in refused and notice.mail == "failed"
            yield None if known else f"{one}: no mail ({notice.mail})"


def one_mail(_operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """Of an event a person has at most one mail, once those with the same Message-ID count as one.

    Mails that lead to no notice (to the steward, of Spean itself) are of no event.
    """
    events = {one.id: (one.event, one.staff) for one in final.notices}
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for mail in final.mails:
        if mail.taken and mail.notice:
            ids[events.get(mail.notice, ("of no notice", mail.notice))].add(mail.message_id)
    for (event, staff), found in ids.items():
        right = len(found) == 1 and event != "of no notice"
        yield None if right else f"event {event}: {len(found)} mails for staff {staff}"


def settled(_operations: Sequence[Operation], final: Final) -> Iterator[str | None]:
    """Nothing is left under way: everything was delivered, failed for good or parked."""
    for job in final.jobs:
        yield None if job.done else f"event {job.event}: the outbox of organisation {job.org} waits"
    for notice in final.notices:
        yield (
            None
            if notice.mail in _SETTLED
            else f"event {notice.event}: a mail to staff {notice.staff} is {notice.mail}"
        )
