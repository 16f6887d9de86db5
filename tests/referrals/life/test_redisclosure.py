from __future__ import annotations

import re

from referrals.life import redisclosure

FROZEN = {"2026-11": "84fdc8690befd59ccf520078a8296e963089374af7204913d32ba217e980eb6c"}


def test_words_that_receivers_were_told_are_never_edited() -> None:
    assert {version: one.fingerprint for version, one in redisclosure.VERSIONS.items()} == FROZEN, "make a new version"


def test_it_says_not_to_pass_it_on_in_both_languages() -> None:
    assert "Do not pass it on" in redisclosure.CURRENT.words["en"]
    assert "permission" in redisclosure.CURRENT.words["en"]
    assert re.search("កុំបញ្ជូនបន្ត", redisclosure.CURRENT.words["km"])
    assert redisclosure.VERSIONS[redisclosure.CURRENT.version] is redisclosure.CURRENT
