from __future__ import annotations

import re

import pytest

from app.http import catalogue
from app.http.languages import DEFAULT


@pytest.fixture(scope="module")
def khmer() -> catalogue.Catalog:
    return catalogue.kept(DEFAULT)


def test_every_sentence_has_khmer(khmer: catalogue.Catalog) -> None:
    assert catalogue.untranslated(khmer) == []


def test_the_compiled_catalogue_says_what_the_source_says() -> None:
    assert catalogue.is_current(DEFAULT)


def test_parameters_survive_translation(khmer: catalogue.Catalog) -> None:
    for sentence, said in pairs(khmer):
        asked, given = (sorted(re.findall(r"%\(\w+\)s", text)) for text in (sentence, said))
        assert asked == given, sentence


def test_translations_are_khmer(khmer: catalogue.Catalog) -> None:
    for sentence, said in pairs(khmer):
        if sentence != "API":
            assert re.search(r"[\u1780-\u17ff]", said), sentence


def pairs(khmer: catalogue.Catalog) -> list[tuple[str, str]]:
    """Each sentence with its Khmer; Khmer has one form for any number."""
    forms = [
        ("".join(message.id[-1:]), "".join(message.string[:1]))
        if isinstance(message.id, tuple)
        else (str(message.id), str(message.string))
        for message in khmer
    ]
    return [(sentence, said) for sentence, said in forms if sentence and said]


def test_what_python_forms_and_templates_say_is_found() -> None:
    found = catalogue.found(("app",))
    for sentence in ("Please sign in.", "Fill in: %(label)s", "These numbers as a table", "%(n)s chosen"):
        assert sentence in found
