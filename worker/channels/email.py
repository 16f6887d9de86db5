"""E-mail over SMTP: the reference, one sentence and a link."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from functools import cache
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from babel.support import NullTranslations, Translations

from app.core.settings import WorkerSettings
from app.http.languages import TRANSLATIONS
from referrals.deliveries.rules import Reason
from referrals.notices import words
from worker.channels.failures import Deferred, Stage, Undeliverable, Unreachable, judge

_TIMEOUT_S = 15
_MAIL_PORT, _SECURE_PORT = 25, 465


@dataclass(frozen=True)
class Letter:
    """A mail to be written: to whom, in which language, of what."""

    to: str
    language: str
    notice_id: UUID
    kind: str
    ref: str


def compose(settings: WorkerSettings, letter: Letter) -> EmailMessage:
    """The mail. Its Message-ID is always the same, so that one sent twice shows once. Raises Undeliverable."""
    say = _translations(letter.language).gettext
    sentence = say(words.sentence(letter.kind))
    link = f"{settings.base_url}/notices/{letter.notice_id}"
    message = EmailMessage()
    try:
        message["From"] = settings.mail_from
        message["To"] = letter.to
        if message["To"].defects or len(message["To"].addresses) != 1:
            raise Undeliverable(Reason.ADDRESS_INVALID)
    except (ValueError, IndexError) as error:
        raise Undeliverable(Reason.ADDRESS_INVALID) from error
    message["Subject"] = f"{letter.ref}: {sentence}"
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = f"<{letter.notice_id}@{urlsplit(settings.base_url).hostname or 'spean'}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday messages in return
    message.set_content(f"{letter.ref}\n\n{sentence}\n\n{say(words.OPEN)}\n{link}\n\n-- \n{say(words.WHY)}\n")
    message["Content-Language"] = letter.language  # after the content, which clears such headers
    return message


def send(settings: WorkerSettings, letter: Letter) -> None:
    """Hand the mail to the server that SPEAN_SMTP_URL names. Raises Undeliverable, Deferred, Unreachable."""
    message = compose(settings, letter)
    with _told_apart(), _line(urlsplit(settings.smtp_url)) as line, _of_this_mail():
        line.send_message(message)


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


@contextmanager
def _line(server: SplitResult) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted wherever the server can, and always before a password is said."""
    host, context = server.hostname or "127.0.0.1", ssl.create_default_context()
    if server.scheme == "smtps":
        line: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or _SECURE_PORT, timeout=_TIMEOUT_S, context=context, local_hostname="spean"
        )
    else:
        line = smtplib.SMTP(host, server.port or _MAIL_PORT, timeout=_TIMEOUT_S, local_hostname="spean")
    with line:
        line.ehlo()
        if server.scheme == "smtp" and line.has_extn("starttls"):
            line.starttls(context=context)
            line.ehlo()
        elif server.scheme == "smtp" and server.username and not _is_here(host):
            raise Unreachable(Reason.NOT_ENCRYPTED, "the server offers no encryption, so the password was not sent")
        if server.username:
            line.login(unquote(server.username), unquote(server.password or ""))
        yield line


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _translations(language: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [language])
