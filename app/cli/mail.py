"""The mail that was kept instead of sent (`app/cli/sink.py`)."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import click

from app.cli.sink import FOLDER


@click.command("mail")
@FOLDER
@click.option("--last", default=20, show_default=True, help="How many.")
def list_mail(folder: Path, last: int) -> None:
    """List the mail that was kept instead of sent, oldest first."""
    found = sorted(folder.glob("*.eml"))[-last:]
    if not found:
        click.echo("No mail has been kept.")
    for path in found:
        mail = message_from_bytes(path.read_bytes(), EmailMessage, policy=policy.default)
        click.echo(f"{path.stem[:15]}  {mail['to']}  {mail['subject']}\n  {path}")
