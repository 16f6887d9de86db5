"""Every blueprint of the site, in one list: pages first, then the JSON API."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Flask

from app.http import up
from app.http.api.base import ApiBlueprint, init_api
from orgs.clients import api as clients_api
from orgs.clients import pages as clients
from orgs.privacy import pages as privacy
from orgs.programmes import api as programmes_api
from orgs.programmes import pages as programmes
from orgs.retention import pages as retention
from orgs.staff import pages as staff
from referrals.boxes import api as boxes_api
from referrals.boxes import pages as boxes
from referrals.clocks import pages as clocks
from referrals.consents import api as consents_api
from referrals.deliveries import pages as deliveries
from referrals.disclosures import pages as disclosures
from referrals.erasing import api as erasing_api
from referrals.erasing import pages as erasing
from referrals.figures import pages as figures
from referrals.notices import api as notices_api
from referrals.notices import pages as notices
from referrals.officials import pages as officials
from referrals.page import api as referral_api
from referrals.page import pages as referral
from referrals.receipts import pages as receipts
from referrals.sending import api as sending_api
from referrals.sending import pages as sending
from referrals.slips import pages as slips
from referrals.status import api as status_api
from referrals.status import pages as status
from referrals.uptake import pages as uptake

PAGES: tuple[Blueprint, ...] = (
    boxes.inbox,
    boxes.outbox,
    slips.bp,
    *staff.BLUEPRINTS,
    clients.bp,
    retention.bp,
    programmes.bp,
    privacy.bp,
    uptake.bp,
    figures.bp,
    officials.bp,
    referral.bp,
    sending.bp,
    receipts.bp,
    disclosures.bp,
    erasing.bp,
    notices.bp,
    status.bp,
    up.bp,
    deliveries.bp,
    clocks.bp,
)

RESOURCES: tuple[ApiBlueprint, ...] = (
    clients_api.api,
    programmes_api.api,
    consents_api.api,
    referral_api.api,
    boxes_api.api,
    sending_api.api,
    erasing_api.api,
    notices_api.api,
    status_api.api,
)

FREE_TO_REPEAT: Mapping[str, str] = {
    "languages": "choosing a language twice chooses it once",
    "leave": "nobody waits for the database who must get away",
    "signing_in": "nobody is signed in yet, or any more; an invitation's own link is used up by the first",
    "account.sign_out_everywhere": "the session that posted it has ended",
    "clients.search": "reads; the words are kept nowhere",
    "inbox.show": "finds and opens; the code is kept nowhere",
    "outbox.show": "finds and opens",
}
"""Pages, or whole blueprints, whose forms may be posted again: nothing is done twice by it. Why."""


def register(app: Flask) -> None:
    """Put all routes on the app."""
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    init_api(app, RESOURCES)
