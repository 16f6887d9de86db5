"""What sending puts on a client's page and on a referral's. It registers when it is imported."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import N_
from orgs.clients.panels import client_page_actions, client_page_panels
from orgs.clients.queries import client_of_referral
from orgs.clients.views import ClientView
from referrals.life.panels import referral_page_panels
from referrals.life.policy import Party
from referrals.life.scope import Scoped
from referrals.life.states import State
from referrals.life.words import STATE
from referrals.sending import drafts, queries
from referrals.sending.alternatives import alternatives


def refer(_session: Session, _actor: Actor, client: ClientView) -> tuple[str, str]:
    """The button that begins the guided path."""
    return N_("Refer"), url_for("sending.start", client_id=client.id)


def referrals_of(session: Session, actor: Actor, client: ClientView) -> Markup:
    """Drafts, what was sent, and permissions that nothing was sent on."""
    sent = [
        {"one": line, "href": url_for("referral.show", id=line.id), "word": gettext(STATE[line.state])}
        for line in queries.sent_for(session, actor, client.id)
    ]
    html = render_template(
        "sending/client_panel.html",
        drafts=drafts.drafts(session, actor, client_id=client.id),
        sent=sent,
        permissions=queries.waiting_permissions(session, actor, client.id),
    )
    return Markup(html.strip())  # noqa: S704 - a template's own output


def followed(session: Session, actor: Actor, found: Scoped) -> Markup:
    """For the sender: where it went on, so that nobody has to search for what became of it."""
    if found.party is not Party.SENDER or found.client_id is None:
        return Markup("")
    lines = queries.sent_for(session, actor, found.client_id, previous_id=found.referral.id)
    if not lines:
        return Markup("")
    return Markup(render_template("sending/followed_panel.html", followed=lines).strip())  # noqa: S704 - a template's


def next_alternative(session: Session, actor: Actor, found: Scoped) -> Markup:
    """After a no: one step to the next alternative."""
    left = alternatives(session, actor, found)
    if not left:
        return Markup("")
    html = render_template("sending/referral_panel.html", chosen=left[0], referral_id=found.referral.id)
    return Markup(html.strip())  # noqa: S704 - a template's own output


def next_step(session: Session, actor: Actor, found: Scoped) -> Markup:
    """After completion: a new guided path for the same person, by whoever has them in their own records."""
    if found.state is not State.COMPLETED:
        return Markup("")
    sender = found.party is Party.SENDER
    client_id = found.client_id if sender else client_of_referral(session, actor, found.referral.id)
    html = render_template("sending/step_panel.html", client_id=client_id, referral_id=found.referral.id)
    return Markup(html.strip())  # noqa: S704 - a template's own output


client_page_actions.append(refer)
client_page_panels.append(referrals_of)
# What to do next stands above what can be printed.
referral_page_panels[:0] = [followed, next_alternative, next_step]
