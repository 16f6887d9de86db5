"""What people do, told of the names that the audit uses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_

ACTION: Mapping[str, str] = MappingProxyType(
    {
        "accounting.print": N_("Printed the account of who was told"),
        "accounting.read": N_("Looked at the account of who was told"),
        "audit.prune": N_("Worked with the audit"),
        "audit.witness": N_("Worked with the audit"),
        "backup.restore": N_("The operator restored a copy of the network"),
        "client.archive": N_("Archived the record"),
        "client.create": N_("Wrote the record down"),
        "client.edit": N_("Changed the record"),
        "client.erase": N_("Erased a record for good"),
        "client.list": N_("Looked at the list of clients"),
        "client.names": N_("Read names in a list"),
        "client.note": N_("Added a note"),
        "client.read": N_("Read the record"),
        "client.reassign": N_("Handed the person over to a colleague"),
        "client.search": N_("Searched for a client"),
        "client.take_into": N_("Took a person into the own records"),
        "client.unarchive": N_("Brought the record back"),
        "clock.continue": N_("Said that the clock is right"),
        "consent.print": N_("Printed a receipt of a permission"),
        "consent.receipt": N_("Looked at a receipt of a permission"),
        "consent.take": N_("Wrote a permission down"),
        "consent.withdraw": N_("Took a permission back for the person"),
        "delivery.drop": N_("Let a message go that could not be delivered"),
        "delivery.retry": N_("Had a message sent again"),
        "delivery.retry_all": N_("Had messages sent again"),
        "draft.discard": N_("Threw a draft away"),
        "draft.start": N_("Began a referral"),
        "episode.end": N_("Noted the end of a stay"),
        "episode.open": N_("Noted the beginning of a stay"),
        "keys.rotate": N_("Changed the organisation's key"),
        "network.frequency": N_("Looked at the figures of the network"),
        "organisation.change": N_("Changed the organisation"),
        "organisation.end_officials": N_("Changed the organisation"),
        "organisation.make": N_("Changed the organisation"),
        "packet.read": N_("Read what was sent"),
        "password.change": N_("Changed the own password"),
        "password.refused": N_("Tried to change the own password"),
        "privacy.look": N_("Looked at access to records"),
        "programme.change": N_("Changed a programme"),
        "programme.make": N_("Changed a programme"),
        "referral.accepted": N_("Accepted a referral"),
        "referral.arrived": N_("Noted an arrival"),
        "referral.booked": N_("Made an appointment"),
        "referral.cancelled": N_("Ended a referral"),
        "referral.completed": N_("Ended a referral"),
        "referral.declined": N_("Declined a referral"),
        "referral.expired": N_("Ended a referral"),
        "referral.find": N_("Searched for a referral"),
        "referral.half_time": N_("A reminder about a referral"),
        "referral.message": N_("Wrote a message"),
        "referral.no_show": N_("Noted that the person did not come"),
        "referral.overdue": N_("A reminder about a referral"),
        "referral.released": N_("Opened the second part to the receiver"),
        "referral.reopened": N_("Opened a referral again"),
        "referral.seen": N_("Opened a referral"),
        "referral.sent": N_("Sent a referral"),
        "referral.stopped": N_("Ended a referral"),
        "referral.taken": N_("Took a person into the own records"),
        "referral.waitlisted": N_("Put a referral on the waiting list"),
        "referral.withdrawn": N_("Ended a referral"),
        "retention.choose": N_("Chose how long records are kept"),
        "session.begin": N_("Signed in"),
        "session.end": N_("Signed out"),
        "session.end_others": N_("Signed out elsewhere"),
        "session.refused": N_("Tried to sign in"),
        "slip.find": N_("Searched for a referral"),
        "slip.print": N_("Printed a slip"),
        "staff.change": N_("Changed a colleague's access"),
        "staff.invite": N_("Invited a colleague"),
        "staff.join": N_("Joined the organisation"),
        "staff.reset": N_("Changed the own password"),
        "staff.reset_link": N_("Made a link for a new password"),
        "staff.uninvite": N_("Took an invitation back"),
        "token.make": N_("Made a key for another program"),
        "token.revoke": N_("Ended a key for another program"),
    }
)
REFUSED = N_("Asked for something that was not given")
OTHER = N_("Something else")


def deed(action: str, *, denied: bool) -> str:
    """The sentence, in English, for an audited action. A denial is kept by its route, which nobody knows."""
    return ACTION.get(action, REFUSED if denied else OTHER)
