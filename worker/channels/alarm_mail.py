"""The mail to a steward: that something has stopped, or that all is well again. What, since when, and a link."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage

from app.core.clock import PHNOM_PENH
from app.core.settings import Mailing
from referrals.notices.words import WHY
from referrals.status import words
from referrals.status.use_cases import Alert
from worker.channels import email


def send(settings: Mailing, alert: Alert) -> None:
    """Hand the mail over. Raises Undeliverable, Unreachable."""
    email.hand_over(settings, compose(settings, alert))


def compose(settings: Mailing, alert: Alert) -> EmailMessage:
    """The mail. Its Message-ID is always the same, so that one sent twice shows once. Raises Undeliverable."""
    say = email.translations(alert.language).gettext
    sentence = say(words.WELL_AGAIN if alert.what == "well" else words.STOPPED)
    names = "\n".join(f"- {say(words.task(name))}" for name in alert.tasks)
    span = " – ".join(_moment(at) for at in (alert.opened_at, alert.closed_at) if at)
    return email.message(
        settings,
        to=alert.email,
        name=f"{alert.incident_id}.{alert.staff_id}.{alert.what}",
        subject=sentence,
        text=(
            f"{sentence}\n{span}\n\n{say(words.SINCE)}\n{names}\n\n"
            f"{say(words.LOOK)}\n{settings.base_url}/status\n\n-- \n{say(WHY)}\n"
        ),
        language=alert.language,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(PHNOM_PENH).strftime("%d/%m/%Y %H:%M")
