"""Each invariant holds over a history in which nothing is wrong, and is violated by one break in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest

from app.chaos.history import Due, Entry, Final, Job, Mail, Notice, Operation, Place, Referral, outcome_of
from app.chaos.verdicts import INVARIANTS, judge
from tests.chaos.histories import COLLEAGUE, NURSE, T0, asked, final, operations

Break = Callable[[list[Operation], Final], object]

(
    THERE,
    KEY,
    ROW,
    NOTICE,
    TOLD,
    ONE_MAIL,
    SETTLED,
    AUDIT,
    PACKET,
    VERSIONS,
    PLACES,
    FOREIGN,
    DUE,
) = INVARIANTS  # in the order in which they are printed


def violated(operations: list[Operation], found: Final) -> dict[str, tuple[str, ...]]:
    return {one.name: one.violations for one in judge(operations, found) if one.violations}


def test_nothing_is_violated_where_nothing_is_wrong() -> None:
    verdicts = judge(operations(), final())

    assert [one for one in verdicts if one.violations] == []
    assert all(one.checked for one in verdicts), "every invariant has looked at something"


def drop(rows: list, **which: object) -> None:
    found = [one for one in rows if all(getattr(one, name) == value for name, value in which.items())]
    assert found
    for one in found:
        rows.remove(one)


def change(rows: list, which: dict[str, object], **to: object) -> None:
    for index, one in enumerate(rows):
        if all(getattr(one, name) == value for name, value in which.items()):
            rows[index] = replace(one, **to)
            return
    raise AssertionError(which)


BREAKS: list[tuple[str, str, Break]] = [
    (THERE, "a client is gone", lambda _, f: setattr(f, "clients", {"client1": 404})),
    (THERE, "a consent is gone", lambda _, f: setattr(f, "consents", frozenset({"consent1"}))),
    (THERE, "a referral is gone", lambda _, f: drop(f.seen, referral="r2", party="sender")),
    (
        THERE,
        "a step left no event",
        lambda _, f: change(f.seen, {"referral": "r1", "party": "sender"}, kinds=("sent", "seen", "withdrawn")),
    ),
    (
        KEY,
        "two referrals for a key",
        lambda _, f: f.referrals.append(Referral("r3", "ngo", "hospital", "p1", "consent1", "sent", 1)),
    ),
    (KEY, "a client more than keys", lambda _, f: setattr(f, "written", frozenset({"client1", "client2"}))),
    (KEY, "two clients for a key", lambda o, _: change(o, {"key": "k0", "replayed": True}, made="client2")),
    (
        KEY,
        "the same key answered with two referrals",
        lambda o, _: change(o, {"key": "k1", "replayed": True}, made="r2"),
    ),
    (
        KEY,
        "a referral that nobody sent",
        lambda _, f: f.referrals.append(Referral("r3", "ngo", "hospital", "p1", "consent9", "sent", 1)),
    ),
    (
        KEY,
        "a step happened twice for its key",
        lambda _, f: f.events.append(replace(f.events[2], id="e9")),
    ),
    (ROW, "no row", lambda _, f: drop(f.jobs, event="e5")),
    (
        ROW,
        "two rows",
        lambda _, f: f.jobs.append(Job("e5", "hospital", done=True)),
    ),
    (
        ROW,
        "a row for who did it",
        lambda _, f: f.jobs.append(Job("e5", "ngo", done=True)),
    ),
    (
        NOTICE,
        "two notices",
        lambda _, f: f.notices.append(Notice("n9", "hospital", NURSE, "e5", "off")),
    ),
    (TOLD, "not in the bell", lambda _, f: drop(f.notices, staff=COLLEAGUE)),
    (TOLD, "no mail came", lambda _, f: drop(f.mails, message_id="<e6>")),
    (
        TOLD,
        "refused for good, and called sent",
        lambda _, f: change(f.mails, {"message_id": "<e6>"}, taken=False, refused=True),
    ),
    (
        ONE_MAIL,
        "two Message-IDs",
        lambda _, f: f.mails.append(Mail("<other>", f"n-e5-{NURSE}", "nurse@", taken=True)),
    ),
    (
        ONE_MAIL,
        "a mail of no notice",
        lambda _, f: f.mails.append(Mail("<other>", "n9", "nurse@", taken=True)),
    ),
    (SETTLED, "a job waits", lambda _, f: change(f.jobs, {"event": "e5"}, done=False)),
    (SETTLED, "a mail waits", lambda _, f: change(f.notices, {"staff": NURSE}, mail="queued")),
    (AUDIT, "it does not verify", lambda _, f: setattr(f, "verified", False)),
    (AUDIT, "a step is missing", lambda _, f: drop(f.entries, action="referral.accepted")),
    (
        AUDIT,
        "a step twice",
        lambda _, f: f.entries.append(Entry("referral.accepted", "r1", None, 1)),
    ),
    (AUDIT, "a reading is missing", lambda _, f: drop(f.entries, action="packet.read")),
    (
        PACKET,
        "read while others still work",
        lambda o, _: change(o, {"what": "read", "packet": False}, packet=True),
    ),
    (
        PACKET,
        "in the answer to a repeated step",
        lambda o, _: o.append(asked("accept", NURSE, key="k1-accept", on="r1", version=3, replayed=True, packet=True,
                                    begun=5, ended=5.1)),
    ),
    (
        PACKET,
        "read at the end",
        lambda _, f: change(f.seen, {"referral": "r1", "party": "receiver"}, packet=True),
    ),
    (VERSIONS, "one too many", lambda _, f: change(f.referrals, {"id": "r1"}, version=4)),
    (VERSIONS, "If-Match was not kept", lambda o, _: change(o, {"what": "withdraw"}, asked_version=1)),
    (
        VERSIONS,
        "one version for two steps",
        lambda o, _: change(o, {"what": "withdraw"}, version=2, asked_version=None),
    ),
    (PLACES, "one too many", lambda _, f: setattr(f, "places", [Place("p1", 2, 4, over=1)])),
    (FOREIGN, "it was shown", lambda o, _: change(o, {"what": "foreign"}, status=200)),
    (FOREIGN, "it was refused", lambda o, _: change(o, {"what": "foreign"}, status=403)),
    (DUE, "never", lambda _, f: f.due.append(Due("r2", "overdue", T0))),
    (
        DUE,
        "late",
        lambda _, f: change(f.due, {"referral": "r2"}, at=T0 - timedelta(minutes=1)),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "about", "broken"), BREAKS, ids=[f"{name}: {about}" for name, about, _ in BREAKS])
def test_a_break_is_found(name: str, about: str, broken: Break) -> None:
    history, found = operations(), final()

    broken(history, found)

    assert violated(history, found).get(name), about


def test_every_invariant_is_broken_here() -> None:
    assert {name for name, _, _ in BREAKS} == set(INVARIANTS)


def test_what_may_have_happened_is_no_violation() -> None:
    """No answer came to a step. Whether it was taken or not, both are right."""
    history, found = operations(), final()
    history.append(asked("decline", NURSE, key="k2-decline", on="r2", status=0))
    assert violated(history, found) == {}

    change(found.referrals, {"id": "r2"}, state="declined", version=3)
    found.events.append(replace(found.events[2], id="e7", referral="r2", kind="declined"))
    found.jobs.append(Job("e7", "ngo", done=True))
    found.notices.append(Notice("n-e7", "ngo", "caseworker", "e7", "sent"))
    found.mails.append(Mail("<e7>", "n-e7", "caseworker@", taken=True))
    found.entries.append(Entry("referral.declined", "r2", None, 1))

    assert violated(history, found) == {}


def test_a_step_that_was_refused_must_not_have_happened() -> None:
    history, found = operations(), final()
    history.append(asked("accept", NURSE, key="again", on="r1", status=int(HTTPStatus.CONFLICT)))
    assert violated(history, found) == {}

    found.events.append(replace(found.events[2], id="e9"))

    assert violated(history, found).get(KEY)


def test_what_a_withdrawal_overtook_need_not_be_told() -> None:
    """The acceptance of `r1` was told to nobody, and need not be: what was about to be told dies with a withdrawal."""
    found = final()

    assert not [one for one in found.notices if one.event == "e3"]
    assert violated(operations(), found) == {}


@pytest.mark.parametrize("mail", ["parked", "failed"])
def test_a_mail_that_did_not_go_out_must_be_known(mail: str) -> None:
    history, found = operations(), final()
    change(found.notices, {"event": "e6", "staff": NURSE}, mail=mail)
    change(found.mails, {"message_id": "<e6>"}, taken=False, refused=True)

    assert violated(history, found) == {}


def test_the_same_mail_twice_is_one_mail() -> None:
    history, found = operations(), final()
    found.mails.append(found.mails[0])

    assert violated(history, found) == {}


def test_a_mail_of_spean_itself_is_of_no_event() -> None:
    history, found = operations(), final()
    found.mails.append(Mail("<all-is-well>", "", "steward@", taken=True))

    assert violated(history, found) == {}


def test_the_sender_may_read_on_after_a_withdrawal() -> None:
    history, found = operations(), final()
    history.append(asked("read", "caseworker", on="r1", packet=True, begun=9, ended=9.1))
    found.entries.append(Entry("packet.read", "r1", "caseworker", 1))

    assert violated(history, found) == {}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "ok"),
        (201, "ok"),
        (404, "fail"),
        (409, "fail"),
        (412, "fail"),
        (500, "unknown"),
        (503, "unknown"),
        (0, "unknown"),
    ],
)
def test_outcomes(status: int, outcome: str) -> None:
    assert outcome_of(status) == outcome
