"""Who was told what of a client, and who read the record: a page, and a paper for the client.

It registers its button on a client's page when it is imported.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.paging import SIZE, Cursor
from app.http.filters import day, moment
from app.http.languages import DEFAULT
from app.http.session import actor, transaction
from orgs.clients.panels import client_page_panels
from orgs.clients.views import ClientView
from orgs.staff.rules import LANGUAGES
from referrals.disclosures.shown import Line, lines
from referrals.disclosures.use_cases import Account, account, page
from referrals.disclosures.words import TITLE
from referrals.paper.document import Document, Entry, Text, write_document

bp = Blueprint("disclosures", __name__, template_folder="templates", url_prefix="/clients")
NEUTRAL_NAME = "paper.pdf"


@bp.get("/<uuid:client_id>/account")
def show(client_id: UUID) -> ResponseReturnValue:
    """The account, the newest first, page by page."""
    with transaction() as session:
        found = account(session, actor(), client_id, "read")
        part = page(found.entries, Cursor.parse(request.args.get("after")), SIZE)
        return render_template(
            "disclosures/show.html",
            account=found,
            client_id=client_id,
            lines=lines(session, actor(), part.rows, named=True),
            further=url_for("disclosures.show", client_id=client_id, after=part.next) if part.next else "",
            languages=LANGUAGES,
        )


@bp.get("/<uuid:client_id>/account.pdf")
def paper(client_id: UUID) -> ResponseReturnValue:
    """The whole of it, for the client, in the language of the address. The file's name says nothing."""
    language = request.args.get("language", "")
    language = language if language in LANGUAGES else DEFAULT
    with transaction() as session, force_locale(language):
        found = account(session, actor(), client_id, "print")
        made = _printed(found, lines(session, actor(), found.entries, named=False), language)
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{NEUTRAL_NAME}"'
    return answer


def _printed(found: Account, listed: list[Line], language: str) -> bytes:
    covered = gettext(
        "%(code)s: from %(since)s to %(until)s", code=found.code, since=day(found.since), until=moment(found.until)
    )
    entries = [Entry(moment(one.at), one.title, one.lines) for one in listed]
    return write_document(Document(gettext(TITLE), [Text(covered), *entries], language))


def _link(_session: Session, _actor: Actor, client: ClientView) -> Markup:
    """On a client's page."""
    return Markup(render_template("disclosures/client_panel.html", client=client))  # noqa: S704 - our own template


client_page_panels.append(_link)
