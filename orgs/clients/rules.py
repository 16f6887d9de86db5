"""A client record: its code, what it must hold, and how it is found again."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core import ids
from app.core.clock import PHNOM_PENH
from app.core.errors import N_, Invalid
from app.core.text import digits, fold, tidy, visible

CODE_LENGTH = 7
MAX_NAME = 80
OLDEST = 110
_PART_OF_CODE = 3

_CODE = re.compile(rf"([A-Z]{{2,3}})-?([{ids.ALPHABET}]{{{CODE_LENGTH}}})")
_PHONE_SIGNS = re.compile(r"[\s().\-/]")
_CAMBODIAN = re.compile(r"(?:(?:\+|00)?8550?|0)([1-9]\d{7,8})")
_FOREIGN = re.compile(r"(?:\+|00)([1-9]\d{7,14})")


class SearchKind(StrEnum):
    CODE = "code"
    PHONE = "phone"
    NAME = "name"


@dataclass(frozen=True)
class Search:
    """What somebody looks for, ready to be compared."""

    kind: SearchKind
    value: str


def new_code(prefix: str) -> str:
    """A random client code such as KS-7F3QX2M. `prefix` is the organisation's two or three letters."""
    return f"{prefix}-{ids.code(CODE_LENGTH)}"


def is_prefix(text: str) -> bool:
    """Whether an organisation may mark its codes so."""
    return re.fullmatch(r"[A-Z]{2,3}", text) is not None


def parse_code(text: str) -> str | None:
    """The code meant by typed text, or None. Without its hyphen it must hold a digit, as names do not."""
    typed = re.sub(r"\s", "", fold(text)).upper()
    found = _CODE.fullmatch(typed)
    if not found or ("-" not in typed and not re.search(r"\d", found[2])):
        return None
    return f"{found[1]}-{found[2]}"


def check_names(alias: str, name: str) -> tuple[str, str]:
    """Both, tidied. One suffices, and an alias is as good as a name. Raises Invalid."""
    alias, name = _clean(alias), _clean(name)
    if not visible(alias) and not visible(name):
        raise Invalid(N_("Give an alias or a name. An alias alone is enough."), field="alias")
    for field, text in (("alias", alias), ("name", name)):
        if len(text) > MAX_NAME:
            raise Invalid(N_("At most %(count)s characters."), field=field, count=MAX_NAME)
    return alias, name


def normal_phone(text: str) -> str:
    """A phone number in the form +85512345678 (ITU-T E.164); empty stays empty. Raises Invalid.

    Cambodian numbers may be typed as at home (012 345 678) or from abroad, in Khmer digits too.
    """
    typed = _PHONE_SIGNS.sub("", digits(visible(text)))
    if not typed:
        return ""
    at_home = _CAMBODIAN.fullmatch(typed)
    if at_home:
        return f"+855{at_home[1]}"
    abroad = _FOREIGN.fullmatch(typed)
    if abroad and not abroad[1].startswith("855"):
        return f"+{abroad[1]}"
    raise Invalid(N_("This is not a whole phone number. Write it like 012 345 678."), field="phone")


def check_birth_year(year: int | None, now: datetime) -> None:
    """Not known is fine. Raises Invalid for a year in which nobody alive was born."""
    this_year = now.astimezone(PHNOM_PENH).year
    if year is not None and not this_year - OLDEST <= year <= this_year:
        raise Invalid(
            N_("Give the year of birth by the common calendar, such as %(example)s."),
            field="birth_year",
            example=1995,
        )


def birth_year_of_age(age: int, now: datetime) -> int:
    """The year of birth by an age as people say it. Raises Invalid for an age that nobody has."""
    if not 0 <= age <= OLDEST:
        raise Invalid(N_("Give an age between %(min)s and %(max)s."), field="age", min=0, max=OLDEST)
    return now.astimezone(PHNOM_PENH).year - age


def search(text: str) -> Search:
    """What kind of thing the typed text is: a code, a whole phone number, or else a name."""
    code = parse_code(text)
    if code:
        return Search(SearchKind.CODE, code)
    try:
        phone = normal_phone(text)
    except Invalid:
        phone = ""
    if phone:
        return Search(SearchKind.PHONE, phone)
    return Search(SearchKind.NAME, fold(text))


def name_matches(query: str, *names: str) -> bool:
    """Whether every word of `query` (folded) is part of one name. Khmer has no spaces between words."""
    words = query.split()
    return bool(words) and any(_holds(words, fold(name)) for name in names)


def code_matches(query: str, code: str) -> bool:
    """Whether `query` (folded) is part of a code, as when its letters are left out. Without a digit it is a name."""
    typed = re.sub(r"[\s-]", "", query)
    return len(typed) >= _PART_OF_CODE and re.search(r"\d", typed) is not None and typed in fold(code).replace("-", "")


def _holds(words: list[str], name: str) -> bool:
    joined = name.replace(" ", "")
    return all(word in name or word in joined for word in words)


def _clean(text: str) -> str:
    """One tidy line: control characters out, zero-width spaces kept, as Khmer needs them to break lines."""
    return tidy("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text))
