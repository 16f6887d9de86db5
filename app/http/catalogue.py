"""The catalogue of sentences: found in the code, kept in Khmer, compiled. `python -m app.http.catalogue`.

Finds every `_("…")`, `_l("…")`, `N_("…")` and `{% trans %}`, adds new ones to messages.po (empty, for a translator),
drops those that are gone, and compiles messages.mo. Both files are committed.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

from app.http.languages import TRANSLATIONS

ROOT = Path(__file__).resolve().parents[2]
HOUSES = ("app", "orgs", "referrals", "worker")
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "_l": None, "lazy_gettext": None}
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS = {"**/templates/**.html": {"silent": "false", "trimmed": "true"}}
_WIDTH = 110


def paths(language: str) -> tuple[Path, Path]:
    """Where a language's messages.po and messages.mo lie."""
    folder = TRANSLATIONS / language / "LC_MESSAGES"
    return folder / "messages.po", folder / "messages.mo"


def found(houses: Iterable[str] = HOUSES) -> Catalog:
    """Every sentence in the code of the given folders, with the files it stands in and notes to translators."""
    catalogue = Catalog(project="Spean", charset="utf-8")
    for house in houses:
        for name, _line, message, notes, context in extract_from_dir(
            ROOT / house, _METHODS, _OPTIONS, KEYWORDS, comment_tags=("review",), strip_comment_tags=False
        ):
            where = [(f"{house}/{name}", 0)]
            catalogue.add(message, None, where, auto_comments=notes, context=context)
    return catalogue


def kept(language: str) -> Catalog:
    """The catalogue of a language as it stands in messages.po."""
    with paths(language)[0].open("rb") as file:
        return read_po(file, locale=language)


def untranslated(catalogue: Catalog, houses: Iterable[str] = HOUSES) -> list[str]:
    """Sentences of the code that the catalogue does not have, or has empty or doubtful."""
    return [
        _forms(message.id)[0]
        for message in found(houses)
        if message.id and not ((known := catalogue.get(message.id)) and all(_forms(known.string)) and not known.fuzzy)
    ]


def written(catalogue: Catalog) -> bytes:
    """messages.po: sorted by sentence, with files and no line numbers, so that changes stay readable."""
    out = io.BytesIO()
    catalogue.version = "1"
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = "Spean"
    write_po(out, catalogue, width=_WIDTH, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """messages.mo: what is translated. (An empty plural counts as a sentence for babel.)"""
    said = deepcopy(catalogue)
    for message in said:
        if not any(_forms(message.string)):
            message.string = ""
    out = io.BytesIO()
    write_mo(out, said)
    return out.getvalue()


def is_current(language: str) -> bool:
    """Whether messages.mo says what messages.po says."""
    with paths(language)[1].open("rb") as file:
        machine = read_mo(file)
    return _said(machine) == _said(kept(language))


def _said(catalogue: Catalog) -> dict[str, tuple[str, ...]]:
    """What is translated, by sentence; of what is counted, every form."""
    pairs = ((_forms(message.id), tuple(filter(None, _forms(message.string)))) for message in catalogue)
    return {sentences[0]: said for sentences, said in pairs if sentences[0] and said}


def _forms(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def refresh(language: str) -> list[str]:
    """Bring both files up to the code, and tell what still lacks a translation."""
    catalogue = kept(language)
    made = catalogue.creation_date
    catalogue.update(found(), no_fuzzy_matching=True)
    catalogue.creation_date = made  # a refresh that finds nothing changes nothing
    po, mo = paths(language)
    po.write_bytes(written(catalogue))
    mo.write_bytes(compiled(catalogue))
    return untranslated(kept(language))


def main() -> None:
    """Refresh Khmer (English stands in the code)."""
    missing = refresh("km")
    sys.stdout.write("".join(f"{sentence}\n" for sentence in missing))
    sys.stdout.write(f"{len(missing)} without Khmer\n")


if __name__ == "__main__":
    main()
