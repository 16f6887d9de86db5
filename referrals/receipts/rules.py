"""What stands on a client's receipt of a permission.

It carries what a written consent must (42 CFR 2.31(a)): whose it is, who may tell, what, to whom, what for, the right
to take it back and its limits, until when, how it was given, and when; and the notice of 42 CFR 2.32. Paper can be
seized, so that by default it is neutral: it names neither person, organisation, programme nor sensitive kind of
information, and says that those were read out. The full form names them, for who wants that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from babel.dates import format_date

from app.core.clock import PHNOM_PENH
from referrals.consents import wording as spoken
from referrals.consents.rules import Consent, How
from referrals.life import redisclosure
from referrals.life.disclosure import Category
from referrals.receipts.wording import WORDS, Words

HARMLESS: frozenset[Category] = frozenset({Category.IDENTITY, Category.PHONE})
"""Kinds of information that say nothing of a person's health, habits or trouble with the law."""


class Form(StrEnum):
    NEUTRAL = "neutral"
    FULL = "full"


@dataclass(frozen=True)
class Given:
    """A permission and the names around it, in the language of the paper. `reference`: "" while nothing was sent."""

    consent: Consent
    answers: bool
    giver: str
    receiver: str
    programme: str
    reference: str = ""


@dataclass(frozen=True)
class Paper:
    """What is shown and printed: labelled values, and paragraphs under their headings."""

    title: str
    intro: str
    pairs: tuple[tuple[str, str], ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    mark: str
    language: str


def paper(given: Given, form: Form, language: str) -> Paper:
    """The receipt in "km" or "en". Raises KeyError for another language."""
    words, consent = WORDS[language], given.consent
    full = form is Form.FULL
    pairs = [
        (words.reference, given.reference or words.nothing_sent),
        (words.whose, words.yours),
        (words.giver, given.giver if full else words.giver_neutral),
        (words.receiver, f"{given.programme}, {given.receiver}" if full else words.receiver_neutral),
        (words.what, _told(given, words, language, full=full)),
        (words.why, words.purpose),
        (words.given, f"{_day(consent.given_at, language)}, {words.how[consent.how or How.SPOKEN_WITNESSED]}"),
        (words.until, _until(consent, words, language)),
    ]
    back = list(spoken.taking_back(consent.wording_version, language))
    if given.reference:
        back.insert(1, words.say.format(reference=given.reference))
    return Paper(
        title=words.title,
        intro=words.intro,
        pairs=tuple(pairs),
        sections=((words.taking_back, tuple(back)), (words.told, (redisclosure.CURRENT.words[language],))),
        mark=words.mark,
        language=language,
    )


def _told(given: Given, words: Words, language: str, *, full: bool) -> str:
    """Both parts of the packet: what goes before acceptance, and what is ticked."""
    named = spoken.category_words(given.consent.wording_version, language)
    ticked = [one for one in Category if one in given.consent.categories]
    second = [named[one] for one in ticked if full or one in HARMLESS]
    if not full and len(second) < len(ticked):
        second.append(words.further.format(count=len(ticked) - len(second)))
    first = f"{words.first_part}, {words.answers}" if given.answers else words.first_part
    return f"{first}{words.stop} {words.second_part}{'; '.join(second)}{words.stop}"


def _until(consent: Consent, words: Words, language: str) -> str:
    day = _day(consent.expires_at, language)
    if consent.withdrawn_at is None:
        return day
    return f"{day}{words.stop} {words.withdrawn.format(day=_day(consent.withdrawn_at, language))}"


def _day(moment: datetime, language: str) -> str:
    """By Phnom Penh's calendar."""
    return format_date(moment.astimezone(PHNOM_PENH).date(), "d MMMM y", locale=language)
