"""E-mail over SMTP: the reference, one sentence and a link."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from functools import cache
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from babel.support import NullTranslations, Translations

from app.core.settings import Mailing
from app.http.languages import TRANSLATIONS
from referrals.deliveries.rules import Reason
from referrals.notices import words
from worker.channels.deadline import Deadline, connected, encrypting
from worker.channels.failures import Deferred, Stage, Undeliverable, Unreachable, judge

WHOLE_S = 30.0
"""A mail is with its server within this time, from looking for the server to its word that it took the mail."""
_PARTING_S = 2.0
_MAIL_PORT, _SECURE_PORT = 25, 465


@dataclass(frozen=True)
class Letter:
    """A mail to be written: to whom, in which language, of what."""

    to: str
    language: str
    notice_id: UUID
    kind: str
    ref: str


def compose(settings: Mailing, letter: Letter) -> EmailMessage:
    """The mail. Its Message-ID is always the same, so that one sent twice shows once. Raises Undeliverable."""
    say = translations(letter.language).gettext
    sentence = say(words.sentence(letter.kind))
    link = f"{settings.base_url}/notices/{letter.notice_id}"
    return message(
        settings,
        to=letter.to,
        name=str(letter.notice_id),
        subject=f"{letter.ref}: {sentence}",
        text=f"{letter.ref}\n\n{sentence}\n\n{say(words.OPEN)}\n{link}\n\n-- \n{say(words.WHY)}\n",
        language=letter.language,
    )


def message(settings: Mailing, *, to: str, name: str, subject: str, text: str, language: str) -> EmailMessage:
    """A mail of ours. `name` is its Message-ID before the @. Raises Undeliverable."""
    made = EmailMessage()
    try:
        made["From"] = settings.mail_from
        made["To"] = to
        if made["To"].defects or len(made["To"].addresses) != 1:
            raise Undeliverable(Reason.ADDRESS_INVALID)
    except (ValueError, IndexError) as error:
        raise Undeliverable(Reason.ADDRESS_INVALID) from error
    made["Subject"] = subject
    made["Date"] = formatdate(localtime=False)
    made["Message-ID"] = f"<{name}@{urlsplit(settings.base_url).hostname or 'spean'}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday messages in return
    made.set_content(text)
    made["Content-Language"] = language  # after the content, which clears such headers
    return made


def send(settings: Mailing, letter: Letter, *, within_s: float = WHOLE_S) -> None:
    """Hand the mail to the server that SPEAN_SMTP_URL names. Raises Undeliverable, Deferred, Unreachable."""
    hand_over(settings, compose(settings, letter), within_s=within_s)


def hand_over(settings: Mailing, mail: EmailMessage, *, within_s: float = WHOLE_S) -> None:
    """Hand a mail that is written to the server. Raises Undeliverable, Deferred, Unreachable.

    What the server has taken is sent, however it behaves after that.
    """
    with _told_apart(), _line(urlsplit(settings.smtp_url), Deadline(within_s)) as line, _of_this_mail():
        line.send_message(mail)


@contextmanager
def _told_apart() -> Iterator[None]:
    """Before the mail itself is said, every error is the server's."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise judge(Stage.GREETING, error.smtp_code, _bytes(error.smtp_error)) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(Reason.NO_ANSWER, type(error).__name__) from None


@contextmanager
def _of_this_mail() -> Iterator[None]:
    """The many errors of SMTP while one mail is handed over."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise judge(Stage.RECIPIENT, code, _bytes(said)) from None
    except smtplib.SMTPNotSupportedError:
        raise Undeliverable(Reason.ADDRESS_UNSUPPORTED) from None
    except smtplib.SMTPSenderRefused as error:
        raise judge(Stage.SENDER, error.smtp_code, _bytes(error.smtp_error)) from None
    except smtplib.SMTPResponseException as error:
        raise judge(Stage.CONTENT, error.smtp_code, _bytes(error.smtp_error)) from None
    except (smtplib.SMTPException, OSError) as error:  # it greeted us, and went silent at this one
        raise Deferred(Reason.BROKE_OFF, type(error).__name__) from None


def _bytes(said: bytes | str) -> bytes:
    return said.encode(errors="replace") if isinstance(said, str) else said


class _Line(smtplib.SMTP):
    """A connection to the mail server whose every wait keeps to one deadline."""

    def __init__(self, server: SplitResult, by: Deadline) -> None:
        self.by, self._secure = by, server.scheme == "smtps"
        host = server.hostname or "127.0.0.1"
        port = server.port or (_SECURE_PORT if self._secure else _MAIL_PORT)
        super().__init__(host, port, local_hostname="spean")

    def _get_socket(self, host: str, port: int, _timeout: float | None) -> socket.socket:
        made = connected(host, port, self.by)
        return encrypting(self.by).wrap_socket(made, server_hostname=host) if self._secure else made

    def part(self) -> None:
        """Say goodbye, and hear the answer if it comes soon."""
        self.by.shorten(_PARTING_S)
        with suppress(smtplib.SMTPException, OSError):
            self.quit()


@contextmanager
def _line(server: SplitResult, by: Deadline) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted wherever the server can, and always before a password is said."""
    line = _Line(server, by)
    try:
        line.ehlo()
        if server.scheme == "smtp" and line.has_extn("starttls"):
            line.starttls(context=encrypting(by))
            line.ehlo()
        elif server.scheme == "smtp" and server.username and not _is_here(server.hostname or ""):
            raise Unreachable(Reason.NOT_ENCRYPTED, "the server offers no encryption, so the password was not sent")
        if server.username:
            line.login(unquote(server.username), unquote(server.password or ""))
        yield line
        line.part()
    finally:
        line.close()


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language, outside any request."""
    return Translations.load(TRANSLATIONS, [language])
