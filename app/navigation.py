"""Where a person can go: what the header offers to each role, and what stands around each page."""

from __future__ import annotations

from dataclasses import replace

from flask import request, url_for
from flask_babel import gettext

from app.core.context import CASE_ROLES, Actor
from app.core.errors import N_
from app.http.chrome import Chrome, Hooks, NavItem
from app.http.filters import in_language
from app.http.session import actor, database, signed_in, transaction
from orgs.staff import use_cases
from orgs.staff.pages.signing_in import end_session
from referrals.deliveries import queries as deliveries
from referrals.notices import queries as notices
from referrals.status import queries as status

# (endpoint, label, whom it is for): the first place of a person is their home
_PLACES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("inbox.show", N_("Inbox"), CASE_ROLES),
    ("outbox.show", N_("Outbox"), CASE_ROLES),
    ("organisations.everyone", N_("Organisations"), frozenset({"steward"})),
    ("clients.index", N_("Clients"), CASE_ROLES),
    ("programmes.directory", N_("Programmes"), CASE_ROLES | {"manager", "steward"}),
    ("figures.show", N_("Figures"), frozenset({"manager"})),
    ("uptake.latest", N_("Uptake"), CASE_ROLES | {"manager", "steward"}),
    ("officials.home", N_("Services"), frozenset({"official"})),
    ("officials.latest", N_("Uptake"), frozenset({"official"})),
    ("privacy.show", N_("Access"), frozenset({"privacy"})),
    ("staff.people", N_("Staff"), frozenset({"manager", "steward"})),
    ("status.show", N_("Status"), frozenset({"steward"})),
)


def home_of() -> str:
    """The endpoint of the first page a person works on; the sign-in page for strangers."""
    if not signed_in():
        return "signing_in.form"
    return next((endpoint for endpoint, _label in _places(actor())), "account.profile")


def hooks() -> Hooks:
    """What `app.http` is told of the house above it."""
    return Hooks(
        chrome=_chrome,
        staff_language=lambda: actor().language if signed_in() else None,
        remember_language=_remember_language,
        sign_out=end_session,
        sign_in_href=lambda wanted: url_for("signing_in.form", next=wanted),
    )


def _places(who: Actor) -> list[tuple[str, str]]:
    return [(endpoint, label) for endpoint, label, roles in _PLACES if who.has(*roles) and _has_it(who, endpoint)]


def _has_it(who: Actor, endpoint: str) -> bool:
    """The steward refers nobody, and so has no figures of its own."""
    return endpoint != "figures.show" or who.org_kind != "steward"


def _remember_language(language: str) -> None:
    if signed_in():
        with transaction() as session:
            use_cases.change_profile(session, actor(), language=language)


def _nav(places: list[tuple[str, str]]) -> tuple[NavItem, ...]:
    """The places, the present one marked: of several of the page's blueprint the one nearest to its path."""
    here = (request.endpoint or "").partition(".")[0]
    hrefs = {endpoint: url_for(endpoint) for endpoint, _label in places}
    near = [endpoint for endpoint in hrefs if endpoint.partition(".")[0] == here]
    within = [endpoint for endpoint in near if request.path.startswith(hrefs[endpoint].rstrip("/"))] or near
    current = max(within, key=lambda endpoint: len(hrefs[endpoint]), default="")
    return tuple(NavItem(hrefs[endpoint], label, current=endpoint == current) for endpoint, label in places)


def _bell(who: Actor) -> int | None:
    """How much is new: of referrals, for a manager of places over capacity, for a steward of what has stopped."""
    reads_notices = who.works_cases or who.has("manager")
    if not (reads_notices or who.has("steward")):
        return None
    unread = notices.unread(database.session(), who) if reads_notices else 0
    return unread + (status.open_incidents(database.session()) if who.has("steward") else 0)


def _undelivered(count: int) -> list[tuple[str, str]]:
    """A manager's place to look at, while there is something."""
    shown = f"{count - 1}+" if count >= deliveries.MOST_COUNTED else str(count)
    return [("deliveries.index", gettext("Not delivered (%(number)s)", number=shown))] if count else []


def _chrome() -> Chrome:
    everybody = Chrome(
        help_href=url_for("help.guide"), about_href=url_for("help.about"), sign_in_href=url_for("signing_in.form")
    )
    if not signed_in():
        return everybody
    called = actor().called
    bell = _bell(actor())
    undelivered = deliveries.failed_count(database.session(), actor())
    return replace(
        everybody,
        signed_in=True,
        nav=_nav([*_places(actor()), *_undelivered(undelivered)]),
        person=called.person if called else "",
        organisation=in_language(called.organisation) if called else "",
        profile_href=url_for("account.profile"),
        sign_out_href=url_for("signing_in.sign_out"),
        notices_href="" if bell is None else url_for("notices.index"),
        unread=bell or 0,
    )
