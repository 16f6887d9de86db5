"""Make the fonts of printed papers from the npm packages that fonts/README.md names.

    python -m referrals.paper.convert_fonts path/to/node_modules

PDF needs TrueType; the packages ship WOFF, which is the same tables compressed. The result depends on the
packages alone, not on the time of the day.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent / "fonts"
SOURCES = {
    "NotoSansKhmer-Regular.ttf": "noto-sans-khmer/files/noto-sans-khmer-khmer-400-normal.woff",
    "NotoSansKhmer-Bold.ttf": "noto-sans-khmer/files/noto-sans-khmer-khmer-700-normal.woff",
    "NotoSans-Regular.ttf": "noto-sans/files/noto-sans-latin-400-normal.woff",
    "NotoSans-Bold.ttf": "noto-sans/files/noto-sans-latin-700-normal.woff",
}
LICENCES = {"OFL-NotoSansKhmer.txt": "noto-sans-khmer/LICENSE", "OFL-NotoSans.txt": "noto-sans/LICENSE"}


def convert(node_modules: Path, target: Path = FONTS) -> None:
    """Write the fonts and their licences into `target`."""
    packages = node_modules / "@fontsource"
    for name, source in SOURCES.items():
        with TTFont(packages / source, recalcTimestamp=False) as font:
            font.flavor = None
            font.save(target / name)
    for name, source in LICENCES.items():
        shutil.copyfile(packages / source, target / name)


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
