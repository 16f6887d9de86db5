"""The guided path from a client to a referral that was sent."""

from referrals.sending.pages import asking, checking, choosing, panels, permission
from referrals.sending.pages.blueprint import bp

__all__ = ["asking", "bp", "checking", "choosing", "panels", "permission"]
