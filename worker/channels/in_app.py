"""The bell: a notice for each person, written at the first attempt and never twice."""

from __future__ import annotations

from sqlalchemy.orm import Session

from orgs.staff.telling import Addressee
from referrals.notices import use_cases
from referrals.notices.use_cases import News
from worker.context import Job


def tell(session: Session, job: Job, people: list[Addressee], *, mail: bool) -> None:
    """Write the notices. Those who are also told by e-mail are marked as waiting for it."""
    news = News(
        org_id=job.org_id, event_id=job.event_id, referral_id=job.referral_id, kind=job.kind, ref=job.ref, at=job.at
    )
    use_cases.tell(session, news, people, mail=mail)
