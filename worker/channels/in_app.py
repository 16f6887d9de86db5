"""The bell: a notice for each person, written at the first attempt and never twice, and a delivery for each mail."""

from __future__ import annotations

from sqlalchemy.orm import Session

from orgs.staff.telling import Addressee
from referrals.deliveries import use_cases as deliveries
from referrals.deliveries.rules import EMAIL
from referrals.notices import use_cases as notices
from referrals.notices.use_cases import News
from worker.context import Job


def tell(session: Session, job: Job, people: list[Addressee], *, mail: bool) -> bool:
    """Write the notices, and queue mails for those who want them too; returns whether any wait."""
    news = News(
        org_id=job.org_id, event_id=job.event_id, referral_id=job.referral_id, kind=job.kind, ref=job.ref, at=job.at
    )
    notices.tell(session, news, [one.staff_id for one in people])
    by_mail = [one.staff_id for one in people if mail and one.by_email]
    deliveries.queue(session, news, by_mail, EMAIL)
    return bool(by_mail)
