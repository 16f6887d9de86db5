"""A printed document of one or more pages in one language: headings, labelled values, paragraphs, dated entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from referrals.paper.sheet import BLACK, GREY, KHMER, LATIN, Sheet

A4, A5 = (210.0, 297.0), (148.0, 210.0)
"""Millimetres."""
_MARGIN, _FOOT = 14.0, 10.0
_SMALL, _BODY, _HEAD, _TITLE = 9.0, 11.0, 13.0, 18.0
"""Points."""
_KEPT_WITH = 40.0
"""Millimetres that a heading wants below it, so that it never ends a page."""


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Pair:
    """A value under its label."""

    label: str
    value: str


@dataclass(frozen=True)
class Entry:
    """Something that happened: its moment, what it was, and lines that tell more."""

    when: str
    title: str
    lines: tuple[str, ...] = ()


Block = Heading | Text | Pair | Entry


@dataclass(frozen=True)
class Document:
    """What is printed, in "km" or "en"."""

    title: str
    blocks: Sequence[Block]
    language: str
    size: tuple[float, float] = A4


def write_document(document: Document) -> bytes:
    """The PDF, each page with its number of how many, so that a missing one is noticed."""
    counted = _laid_out(document, 0)
    pages = counted.page
    counted.written()
    return _laid_out(document, pages).written()


class _Pages(Sheet):
    """A sheet that goes on, with numbers at the foot."""

    def __init__(self, document: Document, total: int) -> None:
        self.family_used, self.total = (KHMER if document.language == "km" else LATIN), total
        super().__init__(*document.size, _MARGIN, flows=True)

    def footer(self) -> None:
        """The number of the page of how many."""
        self.set_y(-_FOOT)
        self.set_text_color(GREY)
        self.say(LATIN, "", _SMALL, f"{self.page_no()} / {self.total}", align="R")
        self.set_text_color(BLACK)

    def put(self, style: str, size: float, text: str, *, grey: bool = False) -> None:
        self.set_text_color(GREY if grey else BLACK)
        self.say(self.family_used, style, size, text)


def _laid_out(document: Document, total: int) -> _Pages:
    pages = _Pages(document, total)
    pages.put("B", _TITLE, document.title)
    pages.skip(2)
    for block in document.blocks:
        _put(pages, block)
    return pages


def _put(pages: _Pages, block: Block) -> None:
    match block:
        case Heading(text):
            pages.skip(3)
            if pages.get_y() > pages.h - _KEPT_WITH:
                pages.add_page()
            pages.put("B", _HEAD, text)
        case Text(text):
            pages.put("", _BODY, text)
            pages.skip(1)
        case Pair(label, value):
            pages.put("", _SMALL, label, grey=True)
            pages.put("", _BODY, value)
            pages.skip(1)
        case Entry(when, title, lines):
            with pages.unbreakable() as whole:
                _entry(cast("_Pages", whole), when, title, lines)


def _entry(pages: _Pages, when: str, title: str, lines: tuple[str, ...]) -> None:
    pages.put("", _SMALL, when, grey=True)
    pages.put("B", _BODY, title)
    for line in lines:
        pages.put("", _BODY - 1, line)
    pages.skip(2)
