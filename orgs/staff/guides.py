"""The help texts: for each role what its days are made of, a few sentences each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.core.errors import N_


@dataclass(frozen=True)
class Guide:
    """One task: its title and what to do, step by step (gettext ids)."""

    title: str
    steps: tuple[str, ...]


_STRANGER = Guide(
    N_("Getting in"),
    (
        N_("A manager of your organisation sends you a link. It works once, within 7 days."),
        N_("Open it, choose a password of at least 10 characters, and you are in."),
        N_("Password forgotten, or locked out? Ask a manager for a new link."),
    ),
)
_CLIENTS = Guide(
    N_("Recording a person"),
    (
        N_("An alias is enough. Nobody needs a legal name, and nobody needs a referral to be served."),
        N_("Other organisations never see your records. They see what a person agreed to send them, and no more."),
    ),
)
_SENDING = Guide(
    N_("Sending a referral"),
    (
        N_("Open the person's page and choose Refer. Spean shows which programmes fit, and why."),
        N_(
            "Ask for consent: for this programme, with the fewest ticks. The person may refuse or withdraw at any time."
        ),
        N_("The last page before sending shows exactly what the programme will see before and after it accepts."),
        N_("Print the slip. It names no service, and its code means nothing to anybody else."),
        N_("After a decline, one step sends it to the next choice that the person agreed to."),
    ),
)
_RECEIVING = Guide(
    N_("Receiving a referral"),
    (
        N_("Before you accept you see what is needed to decide, and nothing that names the person."),
        N_("Accept with an appointment or a walk-in time. If the person is there, accept and note the arrival."),
        N_("If you cannot serve them, decline with a reason, and name a better place if you know one."),
        N_("Somebody did not come? Note it and offer another time. Coming back is never a failure."),
        N_("When it ends, note how. A next step needs a new consent."),
    ),
)
_WITHDRAWING = Guide(
    N_("When somebody withdraws"),
    (
        N_("Either side can withdraw a referral on the person's word, at any time, without a reason."),
        N_("What was sent becomes unreadable at once. What was already read or copied cannot be called back: say so."),
    ),
)
_MANAGING = Guide(
    N_("Looking after your organisation"),
    (
        N_("Staff: invite people by a link, choose their roles, and end access on the day somebody leaves."),
        N_("Programmes: keep hours, free places and the promised response time true. People rely on them."),
        N_("As a manager you see no person's records unless you are also a caseworker."),
    ),
)
_STEWARDING = Guide(
    N_("Looking after the network"),
    (
        N_("Organisations: add one, then send its first manager or official a link."),
        N_("When an organisation leaves, nobody of it can sign in. Its records stay sealed."),
        N_("You see no person, no referral and no packet; response times of programmes are in the directory."),
    ),
)
_WATCHING = Guide(
    N_("Watching over access"),
    (
        N_(
            "Access: who read, searched, printed or was refused far more than usual, by day, with the codes of records."
        ),
        N_("It is a reason to ask, and no proof of anything. You see no record yourself."),
    ),
)
_OFFICIAL = Guide(
    N_("For sangkat offices"),
    (
        N_("Here you find where help is, and how many people of the city reach it."),
        N_("Numbers are shown only where at least ten people stand behind them, and rounded."),
        N_("There is no list of people here, and there will never be one. Please send nobody's name to anybody."),
    ),
)
_SAFETY = Guide(
    N_("On a shared phone"),
    (
        N_("Leave now, at the top of each page, signs you out and opens another page."),
        N_("Sign out when you are done. A phone was lost? Sign out everywhere, in your profile on another phone."),
    ),
)

_GUIDES: tuple[tuple[Guide, frozenset[str]], ...] = (
    (_CLIENTS, frozenset({"outreach", "caseworker", "clinician"})),
    (_SENDING, frozenset({"outreach", "caseworker", "clinician"})),
    (_RECEIVING, frozenset({"outreach", "caseworker", "clinician"})),
    (_WITHDRAWING, frozenset({"outreach", "caseworker", "clinician"})),
    (_MANAGING, frozenset({"manager"})),
    (_WATCHING, frozenset({"privacy"})),
    (_STEWARDING, frozenset({"steward"})),
    (_OFFICIAL, frozenset({"official"})),
)


def guides_for(roles: Iterable[str]) -> tuple[Guide, ...]:
    """What somebody with these roles needs to know; without any, how to get in."""
    held = frozenset(roles)
    return (*(guide for guide, readers in _GUIDES if held & readers), _SAFETY if held else _STRANGER)
