"""Somebody at a browser: what they do is said by what stands on the page, and each page that they meet is examined."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from orgs.staff.use_cases import change_profile
from tests.journeys.house import House
from tests.network import PASSWORD, Person
from tests.plugins.browser import DESK, HEIGHTS, PHONE, fits, violations

_VARIES = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|R-[0-9A-Z]{7}|\d+")
_LANGUAGES = ("km", "en")
_SEND = """([address, values]) => {
    const form = Object.assign(document.createElement("form"), {method: "post", action: address});
    for (const [name, value] of values) {
        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
    }
    document.body.append(form);
    form.submit();
}"""


@dataclass
class Visitor:
    """One person with a browser of their own. Texts are compared in the language of their profile."""

    house: House
    person: Person
    page: Any
    language: str = "en"
    examined: set[tuple[str, ...]] = field(default_factory=set)
    """The pages that were held to the standard, by what makes them look different."""
    _sent: tuple[str, str] | None = None
    """The form that the page answers: where it was sent, and what. A page's own history no longer holds it."""

    def __post_init__(self) -> None:
        self.page.on("request", self._note_request)
        self.page.on("response", self._note_response)

    def sign_in(self) -> None:
        """By the form, as everybody."""
        self.go("/sign-in")
        self.fill(email=self.person.email, password=PASSWORD)
        self.press()

    def go(self, path: str) -> str:
        """Open an address of the site, or one that a mail holds."""
        self.page.goto(path if path.startswith("http") else self.house.url + path)
        return self.arrived()

    def follow(self, ending: str) -> str:
        """Follow the link on the page whose address ends so."""
        self.page.locator(f'a[href$="{ending}"]').first.click()
        return self.arrived()

    def fill(self, **values: str) -> None:
        """Type into fields, or choose in lists, by the fields' names."""
        for name, value in values.items():
            box = self.page.locator(f'main [name="{name}"]')
            if box.evaluate("box => box.tagName") == "SELECT":
                box.select_option(value)
            else:
                box.fill(value)

    def fill_day(self, name: str, day: date) -> None:
        """Type a day into its three boxes."""
        self.fill(**{f"{name}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")})

    def tick(self, **values: str) -> None:
        """Tick boxes and choose answers, by name and value."""
        for name, value in values.items():
            self.page.locator(f'main [name="{name}"][value="{value}"]').check()

    def untick(self, **values: str) -> None:
        for name, value in values.items():
            self.page.locator(f'main [name="{name}"][value="{value}"]').uncheck()

    def press(self, words: str = "", *, to: str = "") -> str:
        """Press the page's button (the one with these words; the one of the form that posts to `to`)."""
        form = self.page.locator(f'main form[method="post"][action$="{to}"]' if to else 'main form[method="post"]')
        buttons = form.locator("button")
        (buttons.filter(has_text=words) if words else buttons).last.click()
        return self.arrived()

    @property
    def text(self) -> str:
        """What can be read on the page, in one line."""
        return " ".join(self.page.locator("main").inner_text().split())

    @property
    def path(self) -> str:
        return str(self.page.url).removeprefix(self.house.url)

    @property
    def unread(self) -> int:
        """What the bell says."""
        count = self.page.locator(".sp-bell__count")
        found = re.match(r"\d+", count.inner_text()) if count.count() else None
        return int(found[0]) if found else 0

    def status_of(self, path: str) -> int:
        """How the site answers this person at an address, without opening it."""
        return int(self.page.request.get(self.house.url + path).status)

    def arrived(self) -> str:
        """A page has opened: examine it; gives what can be read."""
        self.page.wait_for_load_state()
        self._unfold()
        self._examine()
        return self.text

    def _unfold(self) -> None:
        self.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")

    def _examine(self) -> None:
        """In both languages, on a phone and at a desk, once for each page that looks different.

        What answers a form is asked for again by the same form: one that changed something has led to another page.
        """
        look = self._look()
        if look in self.examined:
            return
        self.examined.add(look)
        own = self.page.viewport_size
        for language in (_other(self.language), self.language) if self._has_profile() else (self.language,):
            if language != self._shown():
                self._speak(language)
            for width in (DESK, PHONE):
                self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
                self._unfold()
                assert violations(self.page) == [], (self.path, language, width)
                assert fits(self.page), (self.path, language, width)
        self.page.set_viewport_size(own)
        self._unfold()

    def _speak(self, language: str) -> None:
        """Change the profile, as the switch in the header does, and see the page again."""
        with self.person.transaction() as (session, actor):
            change_profile(session, actor, language=language)
        if self._sent is None:
            self.page.reload()
        else:
            address, body = self._sent
            with self.page.expect_navigation():
                self.page.evaluate(_SEND, [address, parse_qsl(body, keep_blank_values=True)])
        assert self._shown() == language, self.path
        self.house.titles.append(str(self.page.title()))

    def _shown(self) -> str:
        return str(self.page.locator("html").get_attribute("lang"))

    def _has_profile(self) -> bool:
        """Strangers have none; the page where they sign in is looked at in both languages elsewhere."""
        return "/sign-in" not in self.path

    def _note_request(self, request: Any) -> None:
        self.house.addresses.append(request.url)
        if request.is_navigation_request() and request.redirected_from is None:
            self._sent = (request.url, request.post_data or "") if request.method == "POST" else None

    def _note_response(self, response: Any) -> None:
        if response.request.is_navigation_request():
            if 300 <= response.status < 400:
                self._sent = None
            self.house.addresses.extend(filter(None, [response.headers.get("location")]))

    def _look(self) -> tuple[str, ...]:
        self.house.titles.append(str(self.page.title()))
        parts = self.page.locator("main h1, main h2, main button, main label, main legend, main dt").all_inner_texts()
        return tuple(_VARIES.sub("", part) for part in (self.path.partition("?")[0], *parts))


def _other(language: str) -> str:
    return next(one for one in _LANGUAGES if one != language)
