from __future__ import annotations

import hashlib
import re

import pytest
from fontTools.ttLib import TTFont

from referrals.paper.convert_fonts import LICENCES, SOURCES
from referrals.paper.sheet import FONTS

RECORDED = dict(
    reversed(line.split())
    for line in re.findall(r"^ +([0-9a-f]{64}  \S+)$", (FONTS / "README.md").read_text(), re.MULTILINE)
)


def test_every_font_is_recorded_with_its_licence() -> None:
    assert set(RECORDED) == set(SOURCES) == {path.name for path in FONTS.glob("*.ttf")}
    for name in LICENCES:
        assert "SIL Open Font License, Version 1.1" in (FONTS / name).read_text()


@pytest.mark.parametrize("name", SOURCES)
def test_the_files_are_the_recorded_ones(name: str) -> None:
    assert hashlib.sha256((FONTS / name).read_bytes()).hexdigest() == RECORDED[name]


@pytest.mark.parametrize("name", SOURCES)
def test_the_fonts_hold_what_papers_print(name: str) -> None:
    with TTFont(FONTS / name) as font:
        signs = font.getBestCmap()
    wanted = "ABCXYZabcxyz0123456789-,:" + ("កខស្រីទី២។\u200b" if "Khmer" in name else "–")
    assert {sign for sign in wanted if ord(sign) not in signs} == set()
