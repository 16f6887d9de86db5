from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from referrals.paper.document import A5, Document, Entry, Heading, Pair, Text, write_document


def pages_of(document: Document, folder: Path) -> list[str]:
    path = folder / "document.pdf"
    path.write_bytes(write_document(document))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    return text.split("\f")[:-1]


def long(entries: int, language: str = "en") -> Document:
    blocks = [Entry(f"{number} November", f"Event {number}", ("a line", "another")) for number in range(entries)]
    return Document("Title", [Text("Intro"), Pair("Label", "Value"), Heading("Events"), *blocks], language)


def test_every_block_is_printed_once_and_every_page_is_numbered(tmp_path: Path) -> None:
    pages = pages_of(long(40), tmp_path)
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        assert "".join(page.split()).endswith(f"{number}/{len(pages)}")
    whole = "".join(pages)
    for said in ("Title", "Intro", "Label", "Value", "Events"):
        assert whole.count(said) == 1, said
    assert all(whole.count(f"{number} November") >= 1 for number in range(40))
    assert whole.count("another") == 40


def test_an_entry_is_never_torn(tmp_path: Path) -> None:
    for page in pages_of(long(40), tmp_path):
        assert page.count("Event ") == page.count("another")


def test_a_heading_never_ends_a_page(tmp_path: Path) -> None:
    for lines in range(1, 40):
        texts = [Text(f"Line {number}") for number in range(lines)]
        document = Document("Title", [*texts, Heading("Alone"), Text("Below")], "en", A5)
        page = next(page for page in pages_of(document, tmp_path) if "Alone" in page)
        assert "Below" in page


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_same_content_is_the_same_bytes_and_tells_no_time(language: str) -> None:
    data = write_document(long(3, language))
    assert data == write_document(long(3, language))
    assert b"D:2000" in data
