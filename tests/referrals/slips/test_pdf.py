from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import segno

from referrals.slips.pdf import HEIGHT, QR_SIZE, WIDTH, SlipContent, write_slip

TOKEN, CODE = "Zk3vB9qLr0X_canary-Token", "7F3Q-X2MK"
CONTENT = SlipContent(
    token=TOKEN,
    code=CODE,
    place_km="ទ្វារពណ៌ខៀវ ក្បែរផ្សារដើមថ្កូវ",
    place_en="The blue gate beside the market",
    starts=datetime(2026, 11, 24, 2, 30, tzinfo=UTC),
)
PLACES = 200  # characters, the most that a programme may give
DPI = 150
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="pdftoppm is missing: apt-get install poppler-utils"
)


def text_of(content: SlipContent, tmp_path: Path) -> str:
    path = tmp_path / "slip.pdf"
    path.write_bytes(write_slip(content))
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout


def picture_of(content: SlipContent, tmp_path: Path) -> tuple[int, int, bytes]:
    """Width, height and one byte of grey for each dot."""
    path = tmp_path / "slip.pdf"
    path.write_bytes(write_slip(content))
    ppm = subprocess.run(["pdftoppm", "-gray", "-r", str(DPI), path], capture_output=True, check=True).stdout
    _, width, height, _ = ppm.split(maxsplit=4)[:4]
    return int(width), int(height), ppm[-int(width) * int(height) :]


def test_the_same_content_is_the_same_bytes() -> None:
    assert write_slip(CONTENT) == write_slip(CONTENT)
    assert write_slip(CONTENT) != write_slip(replace(CONTENT, code="7F3Q-X2MM"))


def test_the_file_tells_neither_when_nor_by_what_it_was_made() -> None:
    data = write_slip(CONTENT)
    assert b"/Producer" not in data or b"/Producer ()" in data
    assert b"D:2000" in data
    assert f"D:{datetime.now(UTC):%Y}".encode() not in data
    assert len(data) < 60_000


@needs_poppler
def test_what_it_says_in_both_languages(tmp_path: Path) -> None:
    text = text_of(CONTENT, tmp_path)
    for said in ("Appointment", "The blue gate beside the market", "Tuesday 24 November 2026, 09:30", CODE):
        assert said in text


@needs_poppler
@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (None, None, "Ask the person who gave you this paper"),
        ((24, 1), (24, 5), "Tuesday 24 November 2026, 08:00–12:00"),
        ((24, 1), (27, 10), "Tuesday 24 November 2026, 08:00 – Friday 27 November 2026, 17:00"),
        ((23, 17), (25, 17), "Tuesday 24 November 2026 – Wednesday 25 November 2026"),
        ((23, 17), (24, 17), "Tuesday 24 November 2026 7F3Q-X2MK"),
    ],
)
def test_without_an_appointment_and_with_a_window(
    tmp_path: Path, starts: tuple[int, int] | None, ends: tuple[int, int] | None, said: str
) -> None:
    def at(moment: tuple[int, int] | None) -> datetime | None:
        return moment and datetime(2026, 11, *moment, tzinfo=UTC)

    text = text_of(replace(CONTENT, starts=at(starts), ends=at(ends)), tmp_path)
    assert said in " ".join(text.split())


@needs_poppler
def test_it_names_nothing_that_tells(tmp_path: Path) -> None:
    text = text_of(CONTENT, tmp_path).lower()
    for telling in ("spean", "ស្ពាន", "drug", "health", "clinic", "referral", "patient", "client", "http"):
        assert telling not in text
    assert TOKEN.lower() not in text, "the token stands in the QR alone"


@needs_poppler
def test_the_qr_holds_the_token_and_nothing_else(tmp_path: Path) -> None:
    width, height, grey = picture_of(CONTENT, tmp_path)
    assert abs(width - WIDTH / 25.4 * DPI) < 2
    assert abs(height - HEIGHT / 25.4 * DPI) < 2
    matrix = segno.make(TOKEN, error="m", micro=False, boost_error=False).matrix
    left = (WIDTH - QR_SIZE) / 2 / 25.4 * DPI
    cell = QR_SIZE / len(matrix) / 25.4 * DPI

    def dark(x: float, y: float) -> bool:
        return grey[int(y) * width + int(x)] < 128

    def at(top: int) -> list[tuple[int, ...]]:
        return [
            tuple(dark(left + (column + 0.5) * cell, top + (row + 0.5) * cell) for column in range(len(matrix)))
            for row in range(len(matrix))
        ]

    wanted = [tuple(bool(sign) for sign in row) for row in matrix]
    assert any(at(top) == wanted for top in range(height // 4, height - int(QR_SIZE / 25.4 * DPI)))


@needs_poppler
def test_the_longest_place_still_leaves_a_margin(tmp_path: Path) -> None:
    long = replace(
        CONTENT,
        place_km=("ទ្វារពណ៌ខៀវក្បែរផ្សារ" * 20)[:PLACES],
        place_en=("W" * 19 + " ") * (PLACES // 20),
        ends=datetime(2026, 11, 27, 10, tzinfo=UTC),
    )
    width, height, grey = picture_of(long, tmp_path)
    margin = int(8 / 25.4 * DPI)
    assert set(grey[-margin * width :]) == {255}, "nothing is printed into the bottom margin"
    rows = [grey[y * width : (y + 1) * width] for y in range(height)]
    assert {dot for row in rows for dot in row[-margin:]} == {255}, "nor into the right one"
    assert "Please bring this paper" in text_of(long, tmp_path)
