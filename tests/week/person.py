"""Somebody at a browser without scripts: signs in by the form, follows links, reads."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Somebody:
    """One of the demo's people, signed in to the Spean at `url`."""

    def __init__(self, url: str, email: str, password: str) -> None:
        self._url = url
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._browser.addheaders = [("Accept-Language", "en")]
        found = CSRF.search(self.read("/sign-in"))
        assert found is not None
        form = urllib.parse.urlencode({"email": email, "password": password, "csrf_token": found[1]})
        with self._browser.open(f"{url}/sign-in", form.encode(), timeout=20) as answer:
            assert "/sign-in" not in answer.geturl(), "signed in"

    def read(self, path: str) -> str:
        """A page."""
        with self._browser.open(f"{self._url}{path}", timeout=20) as answer:
            return str(answer.read().decode())
