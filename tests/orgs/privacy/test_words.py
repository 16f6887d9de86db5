"""Every name that the audit uses is told in words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from orgs.privacy.words import ACTION, OTHER, REFUSED, deed
from referrals.life.events import Kind

ROOT = Path(__file__).resolve().parents[3]
_NAME = re.compile(r"[a-z_]+\.[a-z_]+")
_IN_SQL = re.compile(r"'((?:audit|client|keys|password|session|staff)\.[a-z_]+)'")


def _audited() -> set[str]:
    found = {f"referral.{kind}" for kind in Kind if kind is not Kind.PLACE_FREE}  # nobody did it: the database tells
    for house in ("app", "orgs", "referrals"):
        for path in (ROOT / house).rglob("*.py"):
            found |= {name for node in ast.walk(ast.parse(path.read_text())) for name in _named(node)}
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        found |= set(_IN_SQL.findall(path.read_text()))
    return found


def _named(node: ast.AST) -> list[str]:
    """The third argument of `audit.record`, and what is handed on or taken as `action`."""
    given: list[ast.expr | None] = []
    if isinstance(node, ast.Call):
        given = [word.value for word in node.keywords if word.arg == "action"]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "record":
            given += node.args[2:3]
    elif isinstance(node, ast.FunctionDef):
        named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        given = [default for argument, default in named if argument.arg == "action"]
    return [
        one.value
        for one in given
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and _NAME.fullmatch(one.value)
    ]


def test_every_audited_action_has_words() -> None:
    audited = _audited()
    assert {"client.read", "consent.print", "client.take_into", "session.refused"} <= audited
    assert sorted(audited - set(ACTION)) == []


@pytest.mark.parametrize(("denied", "said"), [(True, REFUSED), (False, OTHER)])
def test_an_unknown_action_is_told_in_plain_words(*, denied: bool, said: str) -> None:
    assert deed("clients.show", denied=denied) == said
