"""What neighbours (sending, slips) put on a referral's page. They register when they are imported.

A panel is a piece of the page below what is known of the appointment; empty, it is not shown.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core.context import Actor
from referrals.life.scope import Scoped

Panel = Callable[[Session, Actor, Scoped], Markup]

referral_page_panels: list[Panel] = []


def panels_for(session: Session, actor: Actor, found: Scoped) -> list[Markup]:
    """The pieces, in the order in which they were registered."""
    return [made for made in (panel(session, actor, found) for panel in referral_page_panels) if made]
