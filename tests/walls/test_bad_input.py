"""What nobody would type, in every field of every form, by people who may fill it in: refused, never a breakdown."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.network import Network
from tests.pages import client_for, site, words_of
from tests.walls.world import World, world

NASTY: dict[str, str | bytes] = {
    "nothing": "",
    "a NUL": "a\x00b",
    "half a character": b"\xff\xfe\x80",
    "a great many letters": "ក" * 5_000,
    "a number beyond all": "9" * 40,
    "less than nothing": "-1",
    "no date": "31",
    "a template in markup": "<script>alert(1)</script>'\"{{ 7*7 }}%(name)s{0}\r\nBcc: all@example.org",
}
_ENDS_SESSION = frozenset({"signing_in.sign_out", "leave.leave", "account.sign_out_everywhere"})


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def everything(network: Network) -> World:
    return world(network)


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_no_form_breaks_down(app: Flask, everything: World, network: Network, value: str | bytes) -> None:
    team, steward = everything.team, client_for(app, network.steward)
    manager, sender, receiver = (client_for(app, one) for one in (everything.manager, team.outreach, team.nurse))
    whose = {"organisations": [steward], "uptake": [steward], "staff": [manager], "programmes": [manager]}
    whose |= {"clients": [sender], "send": [sender], "outbox": [sender], "inbox": [receiver]}
    form = dict.fromkeys([*everything.form(), "email", "password", "again", "label", "days", "token", "next"], value)
    tried = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in _ENDS_SESSION or rule.rule.startswith("/api/"):
            continue
        for address in everything.addresses(rule):
            for browser in whose.get(address.split("/")[1], [sender, receiver]):
                answer = browser.post(address, data=form)
                assert answer.status_code < 500, (address, words_of(answer.text)[:300])
                assert "<script>alert(1)" not in answer.text, address
                assert "49%" not in answer.text, address
                tried += 1
    assert tried > 60


@pytest.mark.parametrize("value", ["a\x00b", "x" * 3_000, "9" * 40, "<script>alert(1)</script>"])
def test_no_address_breaks_down(app: Flask, everything: World, value: str) -> None:
    names = ("tab", "after", "programme", "urgency", "state", "service", "khan", "words", "open", "q", "next", "year")
    for person in (everything.team.outreach, everything.manager):
        browser = client_for(app, person)
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/"):
                for address in everything.addresses(rule):
                    answer = browser.get(address, query_string=dict.fromkeys(names, value))
                    assert answer.status_code < 500, address
                    assert b"<script>alert" not in answer.data, address


def test_a_body_that_is_too_large_is_refused_with_a_sentence(app: Flask, everything: World) -> None:
    browser = client_for(app, everything.team.ngo.person("caseworker"))  # who has not mistyped a code yet
    before = everything.snapshot()
    for address in ("/clients/new", f"/clients/{everything.team.client_id}/notes/new", "/inbox"):
        answer = browser.post(address, data={"alias": "a" * 300_000, "body": "a" * 300_000, "code": "a" * 300_000})
        assert answer.status_code == 413, address
        assert "That is too large" in words_of(answer.text)
    assert everything.snapshot() == before


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain", "nonsense"])
def test_a_body_that_is_no_form_is_a_form_with_nothing_in_it(app: Flask, everything: World, kind: str) -> None:
    before, browser = everything.snapshot(), client_for(app, everything.team.outreach)
    answer = browser.post("/clients/new", data=b"\x00\xff--x\r\n", content_type=kind)
    assert answer.status_code in {400, 422}
    assert everything.snapshot() == before
