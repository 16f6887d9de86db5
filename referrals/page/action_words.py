"""What each action does, said before somebody does it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from referrals.life.states import Action

_BACK = N_("The referral goes back to the sender, who can ask elsewhere. You will no longer be able to read it.")

EXPLAINED: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        Action.ACCEPT: (N_("From then on you see who it is. The sender is told the time."),),
        Action.ACCEPT_AND_ARRIVE: (N_("Only when the person is here now. From then on you see who it is."),),
        Action.NOTE_ARRIVAL: (N_("The sender is told that the person has come."),),
        Action.BOOK: (N_("The new time takes the place of the old one. The sender is told, and can tell the person."),),
        Action.NO_SHOW: (
            N_("The sender is told, and can look for the person. Nothing ends: you can set another time."),
        ),
        Action.TAKE: (
            N_("What you tick is copied into your own records. It is your organisation's record from then on, and "
               "stays there if the permission is withdrawn later. The person was told so."),
        ),
        Action.WAITLIST: (N_("The person waits for a free place. You see no name until you accept."),),
        Action.DECLINE: (_BACK,),
        Action.RELEASE: (_BACK,),
        Action.COMPLETE: (
            N_("You can read the details for 30 days more, unless the permission ends before."),
            N_("For a next step, a new referral can be sent, with a new permission."),
        ),
        Action.STOP: (N_("The person may come back at any time, with a new referral or without."),),
        Action.CANCEL: (N_("The receiver is told and can no longer read anything of it. The slip stops working."),),
        Action.WITHDRAW: (
            N_("When the person takes their permission back, write it down at once. No reason is asked."),
            N_("The receiver can no longer open the details from this moment. The slip stops working. "
               "The other organisation is told that the permission was withdrawn, and nothing more."),
            N_("What cannot be called back: what was read or copied already, and what the receiver wrote into its own "
               "records. Backups hold the destroyed key until they grow too old and are deleted."),
        ),
        Action.MESSAGE: (),
    }
)  # fmt: skip

FIXED_ONLY = N_("Until a referral is accepted, only fixed questions and answers pass, so that nobody is named.")
IN_CONFIDENCE = N_("Only the two organisations can read it.")

GRAVE: frozenset[Action] = frozenset({Action.CANCEL, Action.WITHDRAW, Action.DECLINE, Action.RELEASE})
"""What cannot be undone: its button looks like it."""

LATER: frozenset[Action] = frozenset({Action.STOP, Action.RELEASE, Action.CANCEL, Action.WITHDRAW})
"""Endings that are not the usual ones: folded under "More that can be done"."""
