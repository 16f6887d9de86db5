"""A pytest plugin that breaks one thing before anything is imported, and writes down that it did.

SPEAN_MUTANT names one of `catalogue.MUTANTS`, SPEAN_MUTANT_MARK the file that says it was applied.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

from tests.walls.mutants.catalogue import MUTANTS, Function, Mutant, Source, Statement


def swapped(text: str, old: str, new: str) -> str:
    """`text` with the one `old` in it replaced. A mutant that no longer fits its place is an error, not a survivor."""
    if text.count(old) != 1:
        raise LookupError(f"stands {text.count(old)} times: {old}")
    return text.replace(old, new)


def applied() -> None:
    Path(os.environ["SPEAN_MUTANT_MARK"]).write_text("applied", encoding="utf-8")


class _Loader(SourceFileLoader):
    """Compiles the changed source, past any compiled file that is kept of the sound one."""

    def __init__(self, path: str, change: Source) -> None:
        super().__init__(change.module, path)
        self.change = change

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = compile(
            swapped(Path(path).read_text(encoding="utf-8"), self.change.old, self.change.new), path, "exec"
        )
        applied()
        return code


class Finder(MetaPathFinder):
    """Finds the one module that is changed."""

    def __init__(self, change: Source) -> None:
        self.change = change

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.change.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(spec.origin, self.change)
        return spec


def break_databases(change: Statement | Function) -> None:
    """Each database that a test prepares is changed as soon as it is migrated."""
    from tests.network import Servers  # noqa: PLC0415 - after the environment is set

    sound: Callable[..., Servers] = Servers.prepare

    def prepare(*args: Any) -> Servers:
        made = sound(*args)
        with made.administrator() as staging:
            if isinstance(change, Statement):
                sql = change.sql
            else:
                row = staging.execute("SELECT pg_get_functiondef(%s::regprocedure)", (change.signature,)).fetchone()
                assert row is not None
                sql = swapped(row[0], change.old, change.new)
            staging.execute(sql)
        applied()
        return made

    Servers.prepare = prepare  # type: ignore[method-assign,assignment]


def wanted() -> Mutant:
    return next(one for one in MUTANTS if one.name == os.environ["SPEAN_MUTANT"])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """A module is changed before the first of conftest's imports."""
    how = wanted().how
    if not isinstance(how, Source):
        return
    if how.module in sys.modules:
        raise RuntimeError(f"{how.module} was imported before it could be changed")
    sys.meta_path.insert(0, Finder(how))


def pytest_configure() -> None:
    how = wanted().how
    if not isinstance(how, Source):
        break_databases(how)
