"""The slip that the client carries, as an A5 page.

Whoever finds it learns that somebody has an appointment somewhere: no service, no organisation, no name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import segno
from babel.dates import format_date, format_datetime

from app.core.clock import PHNOM_PENH
from referrals.paper.sheet import BLACK, GREY, KHMER, LATIN, Sheet

WIDTH, HEIGHT, MARGIN, QR_SIZE = 148.0, 210.0, 14.0, 44.0
"""Millimetres, A5."""
SCALES = (1.0, 0.85, 0.7, 0.55)
"""Place and time are set smaller until the page holds all."""
_ASK = {"km": "សូមសួរអ្នកដែលបានឱ្យក្រដាសនេះ", "en": "Ask the person who gave you this paper"}
_DAY = {"km": "'ថ្ងៃ'EEEE 'ទី'd 'ខែ'MMMM 'ឆ្នាំ'y", "en": "EEEE d MMMM y"}
_HOUR = {"km": " 'ម៉ោង' HH:mm", "en": ", HH:mm"}


@dataclass(frozen=True)
class SlipContent:
    """What is printed. The place is in neutral words (`orgs.programmes.rules.is_neutral`).

    `starts` alone is an appointment, with `ends` a window for walking in (whole days when it lasts from midnight to
    midnight); without it the time is not known yet.
    """

    token: str
    code: str
    place_km: str
    place_en: str
    starts: datetime | None = None
    ends: datetime | None = None


def write_slip(content: SlipContent) -> bytes:
    """The page. The same content gives the same bytes, whenever it is printed."""
    data = b""
    for scale in SCALES:
        pdf = _laid_out(content, scale)
        fits = pdf.get_y() <= HEIGHT - MARGIN
        data = pdf.written()
        if fits:
            break
    return data


def _laid_out(content: SlipContent, scale: float) -> Sheet:
    pdf = Sheet(WIDTH, HEIGHT, MARGIN)
    pdf.say(KHMER, "B", 19, "ក្រដាសណាត់ជួប")
    pdf.say(LATIN, "B", 14, "Appointment")
    pdf.skip(4)
    _pair(pdf, ("ទីកន្លែង", "Place"), (content.place_km, content.place_en), scale)
    _pair(pdf, ("ពេលវេលា", "Time"), (_time(content, "km"), _time(content, "en")), scale)
    pdf.skip(2)
    _qr(pdf, content.token)
    pdf.say(LATIN, "B", 22, content.code, align="C")
    pdf.skip(3)
    pdf.say(KHMER, "", 12, "សូមយកក្រដាសនេះមកជាមួយ ហើយបង្ហាញវានៅពេលអ្នកមកដល់។", align="C")
    pdf.say(LATIN, "", 10, "Please bring this paper and show it when you arrive.", align="C")
    return pdf


def _pair(pdf: Sheet, label: tuple[str, str], value: tuple[str, str], scale: float) -> None:
    pdf.set_text_color(GREY)
    pdf.say(KHMER, "", 10, f"{label[0]} · {label[1]}")
    pdf.set_text_color(BLACK)
    pdf.say(KHMER, "B", 15 * scale, value[0])
    pdf.say(LATIN, "", 12 * scale, value[1])
    pdf.skip(3)


def _qr(pdf: Sheet, token: str) -> None:
    """The token alone, drawn as squares, so that no picture format comes in between."""
    matrix = segno.make(token, error="m", micro=False, boost_error=False).matrix
    cell = QR_SIZE / len(matrix)
    left, top = (WIDTH - QR_SIZE) / 2, pdf.get_y()
    pdf.set_fill_color(BLACK)
    for row, signs in enumerate(matrix):
        for column, dark in enumerate(signs):
            if dark:
                pdf.rect(left + column * cell, top + row * cell, cell, cell, style="F")
    pdf.set_y(top + QR_SIZE + 2)


def _time(content: SlipContent, language: str) -> str:
    """Day and hour in Phnom Penh, in words that say nothing of what happens then."""
    if content.starts is None:
        return _ASK[language]
    starts = content.starts.astimezone(PHNOM_PENH)
    if content.ends is None:
        return _hour(starts, language)
    ends = content.ends.astimezone(PHNOM_PENH)
    if starts.time() == ends.time() == time():
        last = ends - timedelta(days=1)
        return " – ".join(_day(one, language) for one in dict.fromkeys((starts, last)))
    if ends.date() == starts.date():
        return f"{_hour(starts, language)}–{ends:%H:%M}"
    return f"{_hour(starts, language)} – {_hour(ends, language)}"


def _hour(moment: datetime, language: str) -> str:
    return format_datetime(moment, _DAY[language] + _HOUR[language], tzinfo=PHNOM_PENH, locale=language)


def _day(moment: datetime, language: str) -> str:
    return format_date(moment, _DAY[language], locale=language)
