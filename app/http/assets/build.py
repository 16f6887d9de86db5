"""Refresh what Spean vendors, from `node_modules` (put there by `npm ci`): `./spean assets` runs both.

Compiles the style sheet, copies fonts and scripts, makes the TrueType fonts for paper, and writes VENDORED.md with
each file's version, licence and SHA-256. Its output is committed: running Spean needs none of this.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
STATIC = HERE.parent / "static"
MODULES = HERE / "node_modules"
PAPER = ROOT / "referrals" / "paper" / "fonts"
WEIGHTS = {400: "Regular", 700: "Bold"}


@dataclass(frozen=True)
class Vendored:
    """One file that stands in the repository, and the package it came from."""

    path: Path
    package: str


@dataclass(frozen=True)
class Licence:
    """A package's licence: its SPDX name and where its text lies in the package ("" where we wrote it out)."""

    spdx: str
    text: str


LICENCES = {
    "govuk-frontend": Licence("MIT", ""),
    "@fontsource/noto-sans": Licence("OFL-1.1", "LICENSE"),
    "@fontsource/noto-sans-khmer": Licence("OFL-1.1", "LICENSE"),
    "swagger-ui-dist": Licence("Apache-2.0", "LICENSE"),
    "axe-core": Licence("MPL-2.0", "LICENSE"),
}


def style_sheet() -> Vendored:
    """spean.css, with each font's address carrying the hash of its content."""
    sass = [str(MODULES / ".bin" / "sass"), f"--load-path={MODULES}", "--style=compressed", "--no-source-map"]
    made = subprocess.run(  # noqa: S603 - our own arguments
        [*sass, "--quiet-deps", str(HERE / "spean.scss")], check=True, capture_output=True, text=True
    )
    text = made.stdout
    for font in sorted((STATIC / "fonts").glob("*.woff2")):
        mark = hashlib.sha256(font.read_bytes()).hexdigest()[:10]
        text = text.replace(f"fonts/{font.name}", f"fonts/{font.name}?v={mark}")
    target = STATIC / "spean.css"
    target.write_text(text)
    return Vendored(target, "govuk-frontend")


def copied(package: str, source: str, target: Path) -> Vendored:
    """A file as it stands in its package."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(MODULES / package / source, target)
    return Vendored(target, package)


def screen_fonts() -> list[Vendored]:
    """Khmer for screens. Latin letters come from the reader's own system."""
    package, name = "@fontsource/noto-sans-khmer", "noto-sans-khmer"
    return [
        copied(package, f"files/{name}-khmer-{weight}-normal.woff2", STATIC / "fonts" / f"{name}-{weight}.woff2")
        for weight in WEIGHTS
    ]


def _camel(family: str) -> str:
    return "".join(part.title() for part in family.split("-"))


def paper_fonts() -> list[Vendored]:
    """Khmer and Latin for PDF, as TrueType."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - `in_venv` makes sure of it

    PAPER.mkdir(exist_ok=True)
    made = []
    for family, subset in (("noto-sans-khmer", "khmer"), ("noto-sans", "latin")):
        for weight, style in WEIGHTS.items():
            package = f"@fontsource/{family}"
            font = TTFont(
                MODULES / package / "files" / f"{family}-{subset}-{weight}-normal.woff", recalcTimestamp=False
            )
            font.flavor = None
            target = PAPER / f"{_camel(family)}-{style}.ttf"
            font.save(target)
            made.append(Vendored(target, package))
        copied(f"@fontsource/{family}", "LICENSE", PAPER / f"OFL-{_camel(family)}.txt")
    return made


def scripts() -> list[Vendored]:
    """The page of the API's documentation, and the accessibility checker of the tests."""
    swagger = "swagger-ui-dist"
    return [
        copied(swagger, "swagger-ui-bundle.js", STATIC / "swagger" / "swagger-ui-bundle.js"),
        copied(swagger, "swagger-ui.css", STATIC / "swagger" / "swagger-ui.css"),
        copied("axe-core", "axe.min.js", ROOT / "tests" / "assets" / "axe.min.js"),
    ]


def licences() -> None:
    """Each package's licence text, beside this file."""
    for package, licence in LICENCES.items():
        if licence.text:
            target = HERE / "licences" / f"{package.rsplit('/', 1)[-1]}.txt"
            copied(package, licence.text, target)


def version(package: str) -> str:
    """The version that was installed."""
    found: str = json.loads((MODULES / package / "package.json").read_text())["version"]
    return found


def record(files: list[Vendored]) -> None:
    """VENDORED.md: a test holds it and the files equal."""
    lines = [
        "# What is vendored",
        "",
        "Written by `build.py` (`./spean assets`). Licence texts stand in `licences/`.",
        "`spean.css` is compiled from `spean.scss` (Spean's own) with parts of govuk-frontend; its font, crest and",
        "images are not used. `sass` compiles it and is not shipped.",
        "",
        "| file | package | version | licence | SHA-256 |",
        "|---|---|---|---|---|",
    ]
    for file in sorted(files, key=lambda file: file.path):
        mark = hashlib.sha256(file.path.read_bytes()).hexdigest()
        name = file.path.relative_to(ROOT).as_posix()
        licence = LICENCES[file.package].spdx
        lines.append(f"| `{name}` | {file.package} | {version(file.package)} | {licence} | `{mark}` |")
    (HERE / "VENDORED.md").write_text("\n".join(lines) + "\n")


def in_venv() -> None:
    """Go on in the project's own environment if this Python lacks fontTools."""
    try:
        import fontTools  # noqa: F401, PLC0415 - only whether it is there
    except ImportError:
        own = ROOT / ".venv" / "bin" / "python"
        if not own.exists() or Path(sys.prefix) == ROOT / ".venv":
            sys.exit("Making the fonts needs fontTools: run ./spean assets, which has it.")
        os.execv(own, [str(own), __file__])  # noqa: S606 - our own file


def main() -> None:
    in_venv()
    files = [*screen_fonts(), *paper_fonts(), *scripts()]
    files.append(style_sheet())
    licences()
    record(files)
    sys.stdout.write(f"{len(files)} files refreshed\n")


if __name__ == "__main__":
    main()
