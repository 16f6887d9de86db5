"""In CI a skipped test is a failed one: what nobody ran has proved nothing.

CI=true says so, as does SPEAN_NO_SKIP=1 on a person's own machine. An expected failure is no skip.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def forbidden() -> bool:
    return os.environ.get("CI", "").lower() in {"1", "true"} or os.environ.get("SPEAN_NO_SKIP") == "1"


def refuse(report: Report) -> Report:
    """Turn a skip into a failure that repeats the skip's reason."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nHere a skip is a failure (CI or SPEAN_NO_SKIP is set)."
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return refuse(report) if forbidden() else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return refuse(report) if forbidden() else report
