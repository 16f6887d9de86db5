from __future__ import annotations

import pytest

from app.core.text import digits, fold, kept, tidy


def test_words_are_the_same_however_they_were_typed() -> None:
    assert fold("  ស្រី\u200bនាង  ០១២") == fold("ស្រីនាង 012")
    assert fold("DARA\u00a0Sok") == "dara sok"
    assert digits("១២៣ abc") == "123 abc"


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\x1b", "\x7f", "\ud800"])
def test_what_no_database_takes_is_not_kept(sign: str) -> None:
    assert tidy(f"So{sign}k") == "Sok"
    assert kept(f"one{sign}\n\ttwo\r\n") == "one\n\ttwo\r\n"


def test_khmer_keeps_its_line_breaks_where_it_is_stored() -> None:
    assert tidy("ភ្នំ\u200bពេញ") == "ភ្នំ\u200bពេញ"
