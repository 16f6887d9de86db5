from __future__ import annotations

import re

from flask.testing import FlaskClient


def test_a_page_runs_only_scripts_that_carry_its_own_nonce(client: FlaskClient) -> None:
    first, second = client.get("/styleguide"), client.get("/styleguide")
    nonces = [
        re.search(r"script-src 'nonce-([^']+)'", page.headers["Content-Security-Policy"]) for page in (first, second)
    ]
    assert nonces[0]
    assert nonces[1]
    assert nonces[0][1] != nonces[1][1]
    scripts = re.findall(r"<script[^>]*>", first.text)
    assert scripts
    assert all(f'nonce="{nonces[0][1]}"' in script for script in scripts)


def test_pages_carry_no_inline_style_or_handler(client: FlaskClient) -> None:
    page = client.get("/styleguide").text
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", page)
    assert "<style" not in page


def test_the_policy_refuses_frames_plugins_and_strangers(client: FlaskClient) -> None:
    policy = client.get("/styleguide").headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_nothing_of_a_page_is_kept_and_nobody_learns_where_one_was(client: FlaskClient) -> None:
    for path in ("/styleguide", "/nowhere", "/api/nowhere"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"


def test_strict_transport_is_promised_only_over_https(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/styleguide").headers
    assert "Strict-Transport-Security" in client.get("/styleguide", base_url="https://spean.test").headers
