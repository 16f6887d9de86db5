"""The official list of areas."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.cli.sessions import as_migrator
from app.cli.trouble import Trouble
from orgs.areas import use_cases


@click.command("import-areas")
@click.argument("file", type=click.Path(path_type=Path))
def import_areas(file: Path) -> None:
    """Add or rename the province, khans and sangkats that FILE lists (JSON, NCDD codes)."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Trouble(f"There is no file {file}.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Trouble(f"{file} is not JSON: {error}") from None
    with as_migrator() as session:
        count = use_cases.import_areas(session, data)
    click.echo(f"{count} areas are there.")
