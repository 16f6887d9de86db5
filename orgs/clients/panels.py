"""What the houses above put on a client's page. They register here when they are imported; nothing is imported up.

An action is a button at the top: its gettext id and its address, or None when there is nothing to do. An ending is
one at the foot, also of an archived record. A panel is a
piece of the page that stands between the person's facts and the timeline; empty, it is not shown.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core.context import Actor
from orgs.clients.views import ClientView

Action = Callable[[Session, Actor, ClientView], "tuple[str, str] | None"]
Panel = Callable[[Session, Actor, ClientView], Markup]

client_page_actions: list[Action] = []
client_page_endings: list[Action] = []
client_page_panels: list[Panel] = []


def actions_for(session: Session, actor: Actor, client: ClientView) -> list[tuple[str, str]]:
    """The buttons, in the order in which they were registered."""
    return [found for found in (action(session, actor, client) for action in client_page_actions) if found]


def endings_for(session: Session, actor: Actor, client: ClientView) -> list[tuple[str, str]]:
    """The buttons at the foot."""
    return [found for found in (action(session, actor, client) for action in client_page_endings) if found]


def panels_for(session: Session, actor: Actor, client: ClientView) -> list[Markup]:
    """The pieces, in the order in which they were registered."""
    return [found for found in (panel(session, actor, client) for panel in client_page_panels) if found]
