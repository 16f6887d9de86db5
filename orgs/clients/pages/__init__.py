"""The pages of one's own clients."""

from orgs.clients.pages import listing, record, timeline
from orgs.clients.pages.blueprint import bp

__all__ = ["bp", "listing", "record", "timeline"]
