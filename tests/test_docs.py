"""What the pages for readers point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.cli.__main__ import commands
from app.launch.commands import HELP

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
_FENCED = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:app|orgs|referrals|worker|migrations|tests|docs)/[\w./-]*)`")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_files_that_are_named_are_there(page: Path) -> None:
    for path in _FILE.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), path


def test_every_decision_and_guide_is_listed() -> None:
    for folder in (ROOT / "docs" / "adr", ROOT / "docs" / "guides"):
        listed = (folder / "README.md").read_text(encoding="utf-8")
        for page in folder.rglob("*.md"):
            assert page.name == "README.md" or f"({page.relative_to(folder)})" in listed, page


def test_commands_that_are_named_are_there() -> None:
    known = {*commands.commands, *re.findall(r"^\./spean (\w+)", HELP, re.MULTILINE), "commands"}
    for page in PAGES:
        for word in re.findall(r"\./spean ([a-z][a-z-]*)", page.read_text(encoding="utf-8")):
            assert word in known, f"{page}: {word}"


def _anchors(page: Path) -> set[str]:
    """Of each heading, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
