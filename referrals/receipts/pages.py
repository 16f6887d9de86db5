"""The client's receipt: read together first, and printed only if the client wants paper.

It registers its panels on a client's and on a referral's page when it is imported.
"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import N_
from app.http.session import actor, transaction
from orgs.clients.panels import client_page_panels
from orgs.clients.views import ClientView
from orgs.staff.rules import LANGUAGES
from referrals.life.panels import referral_page_panels
from referrals.life.policy import Party
from referrals.life.scope import Scoped
from referrals.receipts import use_cases
from referrals.receipts.rules import Form

bp = Blueprint("receipts", __name__, template_folder="templates", url_prefix="/permissions")
NEUTRAL_NAME = "paper.pdf"
_FORMS = {Form.NEUTRAL: N_("Neutral words"), Form.FULL: N_("With all names")}


@bp.get("/<uuid:consent_id>/receipt")
def show(consent_id: UUID) -> ResponseReturnValue:
    """What the paper says, in either form and language."""
    with transaction() as session:
        client_id, form, language = _asked(session, consent_id)
        paper = use_cases.look(session, actor(), consent_id, form, language)
        return render_template(
            "receipts/show.html",
            client_id=client_id,
            paper=paper,
            full=form is Form.FULL,
            forms=[
                (_href("show", consent_id, one, language), gettext(word), None, one is form)
                for one, word in _FORMS.items()
            ],
            languages=[
                (_href("show", consent_id, form, one), word, None, one == language) for one, word in LANGUAGES.items()
            ],
            print_href=_href("paper", consent_id, form, language),
        )


@bp.get("/<uuid:consent_id>/receipt.pdf")
def paper(consent_id: UUID) -> ResponseReturnValue:
    """The paper, ready to print. The file's name says nothing."""
    with transaction() as session:
        _client_id, form, language = _asked(session, consent_id)
        made = use_cases.print_out(session, actor(), consent_id, form, language)
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{NEUTRAL_NAME}"'
    return answer


def _asked(session: Session, consent_id: UUID) -> tuple[UUID, Form, str]:
    """Whose, and the form and language of the address; neutral, and as permission was asked, where it does not say."""
    client_id, spoken = use_cases.asked(session, actor(), consent_id)
    language = request.args.get("language", "")
    form = Form.FULL if request.args.get("form") == Form.FULL else Form.NEUTRAL
    return client_id, form, language if language in LANGUAGES else spoken


def _href(view: str, consent_id: UUID, form: Form, language: str) -> str:
    return url_for(f"receipts.{view}", consent_id=consent_id, form=form.value, language=language)


def _permissions(session: Session, actor: Actor, client: ClientView) -> Markup:
    """On a client's page: every permission that was given, each with its paper."""
    given = use_cases.of_client(session, actor, client.id)
    if not given:
        return Markup()
    return Markup(render_template("receipts/client_panel.html", given=given))  # noqa: S704 - our own template


def _receipt(_session: Session, _actor: Actor, found: Scoped) -> Markup:
    """On the sender's page of a referral."""
    if found.party is not Party.SENDER:
        return Markup()
    html = render_template("receipts/referral_panel.html", consent_id=found.referral.consent_id)
    return Markup(html)  # noqa: S704 - our own template


client_page_panels.append(_permissions)
referral_page_panels.append(_receipt)
