from __future__ import annotations

import re

import pytest
import uharfbuzz as hb
from hypothesis import given
from hypothesis import strategies as st

from referrals.paper.khmer import BREAK, breakable
from referrals.paper.sheet import FONTS

DOTTED_CIRCLE = 0x25CC
WORDS = st.sampled_from(
    ["ស្ត្រី", "ភ្នំពេញ", "ដើមថ្កូវ", "ពណ៌", "ជាន់", "ឆ្វេង", "ខៀវ", "ទី២", "។", " ", "ក្បែរ", "ញ៉ាំ", "blue", "ឥឡូវ"]
)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("ស្ត្រី", ["ស្ត្រី"]),
        ("ភ្នំពេញ", ["ភ្នំ", "ពេ", "ញ"]),
        ("ជាន់", ["ជាន់"]),
        ("ពណ៌ខៀវ", ["ពណ៌", "ខៀ", "វ"]),
        ("ណា៖", ["ណា៖"]),
        ("blue gate", ["blue gate"]),
        ("", [""]),
        ("ទី២", ["ទី២"]),
        ("ា", ["ា"]),
    ],
)
def test_where_it_breaks(text: str, pieces: list[str]) -> None:
    assert breakable(text).split(BREAK) == pieces


def test_breaks_that_somebody_typed_are_kept() -> None:
    assert breakable("ភ្នំពេញ\u200bថ្មី") == "ភ្នំពេញ\u200bថ្មី"


@given(st.lists(WORDS).map("".join))
def test_nothing_is_lost(text: str) -> None:
    assert breakable(text).replace(BREAK, "") == text


@given(st.text(alphabet="កខគរសវ្ាិីុូេែោំះ់៌។ \u200d", max_size=25))
def test_nothing_is_lost_of_nonsense_either(text: str) -> None:
    assert breakable(text).replace(BREAK, "") == text


@given(st.lists(WORDS, min_size=1).map("".join))
def test_no_piece_shows_a_dotted_circle(text: str) -> None:
    """A torn cluster is drawn with U+25CC in place of what it lost: shaped piece by piece, none may appear."""
    face = hb.Face(hb.Blob.from_file_path(str(FONTS / "NotoSansKhmer-Regular.ttf")))
    font = hb.Font(face)
    circle = font.get_nominal_glyph(DOTTED_CIRCLE)
    for piece in re.split(f"[{BREAK} ]", breakable(text)):
        buffer = hb.Buffer()
        buffer.add_str(piece)
        buffer.guess_segment_properties()
        hb.shape(font, buffer)
        assert circle not in {info.codepoint for info in buffer.glyph_infos}
