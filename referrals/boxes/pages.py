"""The inbox and the outbox: where a day's work with referrals begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.core import clock
from app.core.errors import N_
from app.core.paging import Cursor
from app.http.forms import SpeanForm
from app.http.session import actor, transaction
from referrals.boxes import finding, queries, shown
from referrals.boxes.forms import FilterForm, FindInForm, FindOutForm, wanted
from referrals.boxes.records import Box
from referrals.boxes.tabs import INBOX, OUTBOX, Tab, chosen
from referrals.life.words import STATE, URGENCY
from referrals.slips.forms import ArriveForm
from referrals.slips.limits import GUESSES
from referrals.slips.pages import shown as slip_shown

inbox = Blueprint("inbox", __name__, template_folder="templates")
outbox = Blueprint("outbox", __name__, template_folder="templates")


@dataclass(frozen=True)
class _Kind:
    """What differs between the two boxes."""

    endpoint: str
    heading: str
    tabs: tuple[Tab, ...]
    read: Callable[..., Box]


_INBOX = _Kind("inbox.show", N_("Inbox"), INBOX, queries.inbox)
_OUTBOX = _Kind("outbox.show", N_("Outbox"), OUTBOX, queries.outbox)


@inbox.route("/inbox", methods=["GET", "POST"], endpoint="show")
@GUESSES
def show_inbox() -> ResponseReturnValue:
    """What others sent to us; POST finds a referral by its slip or reference."""
    form = FindInForm()
    found = _found(form, finding.by_either)
    if found and found.by_slip:
        return slip_shown(found.id, ArriveForm(formdata=None, code=form.code.data))
    return _to(found) if found else (_box(_INBOX, form), form.status)


@outbox.route("/outbox", methods=["GET", "POST"], endpoint="show")
@GUESSES
def show_outbox() -> ResponseReturnValue:
    """What we sent; POST finds a referral by its reference."""
    form = FindOutForm()
    found = _found(form, finding.by_reference)
    return _to(found) if found else (_box(_OUTBOX, form), form.status)


@outbox.get("/outbox/drafts")
def drafts() -> ResponseReturnValue:
    """What is not sent yet: one's own drafts, to go on with."""
    with transaction() as session:
        counts, begun = queries.drafts_box(session, actor())
        return render_template(
            "boxes/drafts.html",
            kind=_OUTBOX,
            form=FindOutForm(formdata=None),
            tabs=_tabs(_OUTBOX, counts, {}, queries.DRAFTS),
            drafts=begun,
        )


def _to(found: finding.Found) -> ResponseReturnValue:
    return redirect(url_for("referral.show", id=found.id), code=303)


def _found(form: FindInForm | FindOutForm, find: Callable[..., finding.Found]) -> finding.Found | None:
    found: finding.Found | None = None
    if not form.sent_well():
        return found
    with form.taking_errors(), transaction() as session:
        found = find(session, actor(), form.code.data)
    if form.errors:
        with transaction() as session:
            finding.note_miss(session, actor())
    return found


def _box(kind: _Kind, form: SpeanForm) -> str:
    tab = chosen(kind.tabs, request.args.get("tab", "")) or kind.tabs[0]
    narrowed, asked = wanted(request.args, tab)
    with transaction() as session:
        box = kind.read(session, actor(), tab, narrowed, Cursor.parse(request.args.get("after")))
        search = FilterForm(request.args)
        search.offer(box, tab)
        return render_template(
            "boxes/box.html",
            kind=kind,
            form=form,
            tab=tab,
            tabs=_tabs(kind, box.counts, asked, tab.key),
            search=search,
            asked=asked,
            lines=box.page.rows,
            next=_address(kind, tab, asked, after=box.page.next) if box.page.next else "",
            now=clock.now(),
            shown=shown,
            states=STATE,
            urgencies=URGENCY,
        )


def _tabs(
    kind: _Kind, counts: Mapping[str, int], asked: Mapping[str, str], key: str
) -> list[tuple[str, str, int, bool]]:
    """As the macro `tabs` takes them. The outbox's drafts come second, where a phone shows them without scrolling."""
    made = [(_address(kind, one, asked), gettext(one.label), counts[one.key], one.key == key) for one in kind.tabs]
    if kind is _OUTBOX:
        made.insert(1, (url_for("outbox.drafts"), gettext("Drafts"), counts[queries.DRAFTS], key == queries.DRAFTS))
    return made


def _address(kind: _Kind, tab: Tab, asked: Mapping[str, str], **more: str) -> str:
    """Another part of the same box, narrowed as before as far as it can be."""
    kept = {name: value for name, value in asked.items() if name != "state" or value in tab.states}
    values: dict[str, Any] = {"tab": tab.key, **kept, **more}
    return url_for(kind.endpoint, **values)
