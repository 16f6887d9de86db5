"""A real Chromium for tests, small as a phone or wide as a desk, and axe-core to ask it what is inaccessible.

    def test_inbox(new_page, live):
        page = new_page(language="km", width=390)
        page.goto(live(app) + "/inbox")
        assert violations(page) == []

Without Chromium these tests are skipped, and the skip says how to get one.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from flask import Flask
from werkzeug.serving import make_server

AXE = Path(__file__).parents[1] / "assets" / "axe.min.js"
PHONE, DESK = 390, 1280
HEIGHTS = {PHONE: 844, DESK: 900}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_HOW_TO_GET_ONE = "no Chromium: apt-get install -y --no-install-recommends chromium, or name one in SPEAN_CHROMIUM"


class NewPage(Protocol):
    """Opens a page of its own (no cookies of others) in the given language and width."""

    def __call__(self, *, language: str = "km", width: int = PHONE, script: bool = True) -> Any: ...


def chromium_path() -> str | None:
    """Where a Chromium is, if there is one."""
    return os.environ.get("SPEAN_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the run."""
    path = chromium_path()
    if path is None:
        pytest.skip(_HOW_TO_GET_ONE)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Any) -> Iterator[NewPage]:
    """Pages, each of a person of its own; an error in a page's script or a refusal by its policy fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def make(*, language: str = "km", width: int = PHONE, script: bool = True) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            locale=language,
            java_script_enabled=script,
            timezone_id="Asia/Phnom_Penh",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def browser_page(new_page: NewPage) -> Any:
    """A Khmer phone."""
    return new_page()


@pytest.fixture
def live() -> Iterator[Callable[[Flask], str]]:
    """Serve an app on loopback; gives its address, such as http://127.0.0.1:40123."""
    servers: list[Any] = []

    def serve(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong with the page as it stands: one line each, with the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then(found => found.violations)")
    return [f"{rule['id']}: {rule['help']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def fits(page: Any) -> bool:
    """Whether nothing makes the page wider than its screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
