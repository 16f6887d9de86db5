from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from app.core.settings import Settings
from tests.network import Network
from tests.running import PostOffice
from worker.channels import email
from worker.channels.email import Letter, compose, send
from worker.channels.failures import Deferred, Failure, Undeliverable, Unreachable

NOTICE = UUID("0c1d2e3f-0000-4000-8000-000000000001")
LETTER = Letter("dara@example.org", "en", NOTICE, "sent", "R-8KQ2M7T")


@pytest.fixture
def settings(network: Network, post: PostOffice) -> Settings:
    return replace(network.servers.settings, smtp_url=post.url, base_url="https://spean.example.org")


def test_the_same_notice_makes_the_same_mail(settings: Settings) -> None:
    one, two = compose(settings, LETTER), compose(settings, LETTER)
    assert one["Message-ID"] == two["Message-ID"] == f"<{NOTICE}@spean.example.org>"
    assert one["Auto-Submitted"] == "auto-generated"
    assert one.get_content().splitlines()[0] == "R-8KQ2M7T"


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b.example\r\nBcc: all@example.org", "a@b.example, c@d.example", "@"]
)
def test_what_is_not_one_address_is_not_tried(settings: Settings, post: PostOffice, address: str) -> None:
    with pytest.raises(Undeliverable):
        send(settings, replace(LETTER, to=address))
    assert post.mails == []


def test_khmer_arrives_whole(settings: Settings, post: PostOffice) -> None:
    send(replace(settings, mail_from="ស្ពាន <spean@example.org>"), LETTER)
    (mail,) = post.mails
    assert "ស្ពាន" in mail["From"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no", Undeliverable), ("553 no", Undeliverable), ("450 later", Deferred), ("421 bye", Unreachable)],
)
def test_the_servers_answer_says_whether_to_try_again(
    settings: Settings, post: PostOffice, answer: str, error: type[Failure]
) -> None:
    post.refusing[LETTER.to] = answer
    with pytest.raises(error) as caught:
        send(settings, LETTER)
    assert LETTER.to not in str(caught.value)


def test_an_address_that_needs_a_newer_server_is_not_tried_again(settings: Settings, post: PostOffice) -> None:
    with _server(_Plain(), enable_SMTPUTF8=False) as url, pytest.raises(Undeliverable):
        send(replace(settings, smtp_url=url), replace(LETTER, to="ដារ៉ា@example.org"))


def test_a_password_is_not_said_in_the_clear(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email, "_is_here", lambda _host: False)
    office = _Plain()
    with _server(office) as url, pytest.raises(Unreachable, match="no encryption"):
        send(replace(settings, smtp_url=url.replace("//", "//spean:secret@")), LETTER)
    assert office.heard == []


def test_a_password_of_ours_that_is_wrong_is_tried_again_when_mended(settings: Settings) -> None:
    office = _Plain()
    options = {"authenticator": office.check, "auth_require_tls": False}
    with _server(office, **options) as url:
        with pytest.raises(Unreachable, match="535"):
            send(replace(settings, smtp_url=url.replace("//", "//spean:wrong@")), LETTER)
        send(replace(settings, smtp_url=url.replace("//", "//spean:r%40ight@")), LETTER)
    assert office.heard == [LETTER.to]


class _Plain:
    def __init__(self) -> None:
        self.heard: list[str] = []
        self.lock = threading.Lock()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.heard += envelope.rcpt_tos
        return "250 kept"

    def check(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
        return AuthResult(success=getattr(data, "password", b"") == b"r@ight", handled=False)


@contextmanager
def _server(office: _Plain, **options: object) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(office, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        server.stop()
