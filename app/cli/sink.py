"""Where mail goes while there is no mail server: into a folder, from the machine itself only.

It runs all day beside the demo, so it imports nothing of Spean's: `python -m app.cli.sink` takes a third of the memory
that a command takes.
"""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import click
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.cli.sentence import Trouble
from app.core import ids

FOLDER = click.option(
    "--folder",
    envvar="SPEAN_MAIL_DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the mail is kept (SPEAN_MAIL_DIR).",
)
_LARGEST_MAIL = 1_000_000


class _Keeper:
    """Writes each mail to a file of its own, which is named when it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        content = envelope.original_content or b""
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{ids.code(4)}"
        draft = self._folder / f"{name}.part"
        draft.write_bytes(content)
        draft.rename(self._folder / f"{name}.eml")
        return "250 kept"


@click.command("mail-sink")
@FOLDER
def mail_sink(folder: Path) -> None:
    """Take mail on the loopback address and port of SPEAN_SMTP_URL and keep it in a folder, until stopped."""
    host, port = _place(os.environ.get("SPEAN_SMTP_URL") or "smtp://127.0.0.1:1025")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
    server = Controller(_Keeper(folder), hostname=host, port=port, data_size_limit=_LARGEST_MAIL)
    try:
        server.start()
    except OSError as error:
        raise Trouble(f"Mail cannot be taken at {host}:{port}: {error.strerror or error}.") from None
    click.echo(f"Mail to {host}:{port} is kept in {folder}.")
    signal.sigwait(wanted)
    server.stop()


def _place(url: str) -> tuple[str, int]:
    """Host and port of the SMTP URL, which must be this machine. Raises Trouble."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        port, inside = parts.port or 25, host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        port, inside = 0, False
    if not inside:
        raise Trouble("The mail sink takes mail from this machine only: SPEAN_SMTP_URL must name 127.0.0.1 and a port.")
    return host, port


if __name__ == "__main__":
    mail_sink(prog_name="mail-sink")
