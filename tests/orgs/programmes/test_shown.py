from __future__ import annotations

import pytest
from flask_babel import force_locale

from orgs.programmes.shown import working_time
from tests.network import Network
from tests.pages import site


@pytest.mark.parametrize(
    ("minutes", "english", "khmer"),
    [
        (1, "1 working minute", "1 នាទីធ្វើការ"),
        (60, "1 working hour", "1 ម៉ោងធ្វើការ"),
        (90, "1.5 working hours", "1.5 ម៉ោងធ្វើការ"),
        (480, "8 working hours", "8 ម៉ោងធ្វើការ"),
    ],
)
def test_a_length_of_working_time_in_both_languages(network: Network, minutes: int, english: str, khmer: str) -> None:
    with site(network).test_request_context():
        for language, said in (("en", english), ("km", khmer)):
            with force_locale(language):
                assert working_time(minutes) == said
