"""The demo network: invented people on an empty database."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click


@click.command("load-demo")
@click.option("--scale", type=click.FloatRange(0, 1), default=1.0, help="How much of its history: 0.1 is a tenth.")
def load_demo(scale: float) -> None:
    """Fill an empty database with the demo network; on any other, do nothing."""
    _demo().load(os.environ, say=click.echo, scale=scale)


@click.command("demo-signins")
def demo_signins() -> None:
    """Print who can sign in to the demo network."""
    click.echo(_demo().sign_ins(os.environ))


def _demo() -> Any:
    """Only these two commands need it, and it imports the whole house."""
    return import_module("app.demo.loading")
