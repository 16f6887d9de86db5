"""Paper for clients: pages in Khmer and English that tell neither who made them nor when.

What stands on a page is its writer's matter (`referrals.slips.pdf`, `referrals.paper.document`); here are the fonts,
the shaping of Khmer and the properties of the file.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont

from referrals.paper.khmer import breakable

FONTS = Path(__file__).parent / "fonts"
KHMER, LATIN = "NotoSansKhmer", "NotoSans"
GREY, BLACK = 90, 0
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_POINT = 0.353
"""Millimetres."""


class Sheet(FPDF):
    """An empty page with the fonts in it. Sizes in millimetres, letters in points."""

    def __init__(self, width: float, height: float, margin: float, *, flows: bool = False) -> None:
        super().__init__(format=(width, height))
        self.set_creation_date(_NO_DATE)
        self.set_title("")
        self.set_producer("")
        self.set_margin(margin)
        self.set_auto_page_break(auto=flows, margin=margin)
        for family in (KHMER, LATIN):
            self.add_font(family, "", FONTS / f"{family}-Regular.ttf")
            self.add_font(family, "B", FONTS / f"{family}-Bold.ttf")
        self.set_fallback_fonts([KHMER, LATIN])
        self.set_text_shaping(use_shaping_engine=True)
        self.add_page()

    def say(self, family: str, style: str, size: float, text: str, *, align: str = "L") -> None:
        """One paragraph, wrapped. Khmer needs taller lines, for the signs above and below."""
        self.set_font(family, style, size)
        height = size * _POINT * (1.75 if family == KHMER else 1.35)
        self.multi_cell(0, height, breakable(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def skip(self, millimetres: float) -> None:
        """Leave some room."""
        self.ln(millimetres)

    def written(self) -> bytes:
        """The file. The same content gives the same bytes, whenever it is printed."""
        data = bytes(self.output())
        for font in self.fonts.values():  # fpdf2 leaves the font files open
            if isinstance(font, TTFFont):
                font.close()
        return data
