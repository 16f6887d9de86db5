"""The mail server that fails on purpose, asked by a real client."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from uuid import uuid4

import pytest

from app.chaos.smtp import MailServer, Mood
from tests.running import eventually

PATIENCE_S = 0.5


@pytest.fixture
def server() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def mail(message_id: str = "<one@example.org>", notice: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "spean@example.org", "nurse@example.org", message_id
    message.set_content(f"សូមបើក\n.\nhttp://127.0.0.1/notices/{notice or uuid4()}\n")
    return message


def hand_over(server: MailServer, message: EmailMessage, within: float = 20) -> None:
    host, port = server.url.removeprefix("smtp://").split(":")
    with smtplib.SMTP(host, int(port), timeout=within) as line:
        line.send_message(message)


def test_it_takes_mail_and_keeps_references(server: MailServer) -> None:
    notice = str(uuid4())

    hand_over(server, mail("<one@example.org>", notice))

    assert [(one.message_id, one.notice, one.taken) for one in server.mails] == [("<one@example.org>", notice, True)]


@pytest.mark.parametrize("mood", [Mood.HANGS, Mood.STALLS, Mood.DRIPS])
def test_it_keeps_people_waiting(server: MailServer, mood: Mood) -> None:
    server.mood = mood
    begun = time.monotonic()

    with pytest.raises((OSError, smtplib.SMTPException)):
        hand_over(server, mail(), within=PATIENCE_S)

    assert time.monotonic() - begun >= PATIENCE_S
    assert not server.mails


def test_it_refuses_everything(server: MailServer) -> None:
    server.mood = Mood.REFUSES

    with pytest.raises(smtplib.SMTPConnectError) as refused:
        hand_over(server, mail())

    assert refused.value.smtp_code == 421


def test_it_refuses_some_and_the_same_ones_always(server: MailServer) -> None:
    server.mood = Mood.PICKS

    def answer(number: int) -> int:
        try:
            hand_over(server, mail(f"<{number}@example.org>"))
        except smtplib.SMTPResponseException as error:
            return error.smtp_code
        return 250

    first = [answer(number) for number in range(40)]

    assert set(first) == {250, 451, 550}
    assert first == [answer(number) for number in range(40)]
    assert sum(one.refused for one in server.mails) == 2 * first.count(550)


def test_it_keeps_the_mail_and_cuts_the_line(server: MailServer) -> None:
    server.mood = Mood.CUTS

    with pytest.raises((OSError, smtplib.SMTPException)):
        hand_over(server, mail())
    server.mend()
    hand_over(server, mail())

    assert [(one.message_id, one.taken) for one in server.mails] == [("<one@example.org>", True)] * 2


def test_mended_it_hangs_up_on_who_waits_and_takes_again(server: MailServer) -> None:
    server.mood = Mood.HANGS
    host, port = server.url.removeprefix("smtp://").split(":")
    line = smtplib.SMTP(timeout=5)
    line.sock = line._get_socket(host, int(port), 5)
    eventually(lambda: server._lines)

    server.mend()

    assert line.sock.recv(1) == b""
    line.close()
    hand_over(server, mail())
