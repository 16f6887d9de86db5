"""The operator's commands: `python -m app.cli COMMAND`, or `./spean COMMAND`, which also sets the environment."""

from __future__ import annotations

import click

from app.cli.areas import import_areas
from app.cli.audit import audit_heads, audit_lag, verify_audit
from app.cli.backup import backup, restore
from app.cli.clocks import clock, reopen_closed
from app.cli.database import migrate, provision
from app.cli.demo import demo_signins, load_demo
from app.cli.keeping import retention
from app.cli.keys import rotate_keys
from app.cli.mail import list_mail
from app.cli.people import create_steward
from app.cli.publishing import publish
from app.cli.sink import mail_sink
from app.cli.trouble import Commands
from app.core.logs import init_logs
from referrals import mappers


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Look after a Spean: its database, its first steward, its areas and its mail."""
    mappers.configure()


for command in (
    audit_heads,
    audit_lag,
    backup,
    clock,
    create_steward,
    demo_signins,
    import_areas,
    list_mail,
    load_demo,
    mail_sink,
    migrate,
    provision,
    publish,
    reopen_closed,
    restore,
    retention,
    rotate_keys,
    verify_audit,
):
    commands.add_command(command)


if __name__ == "__main__":
    init_logs()
    commands(prog_name="./spean")
