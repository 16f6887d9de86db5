"""What a command says when it cannot go on. A module of its own: the mail sink needs no more of the commands."""

from __future__ import annotations

from typing import Any

import click


class Trouble(click.ClickException):
    """A sentence that says what is wrong and, where it can, what to do."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """The sentence alone: the launcher quotes the last line of what a command said."""
        click.echo(self.message, file=file, err=file is None)
