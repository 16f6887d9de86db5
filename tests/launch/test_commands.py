"""What a person may type, and the one sentence they get when it cannot be done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.launch import commands, running
from app.launch.places import ROOT


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "--port", "70000"], "Port 70000 is no port: choose a number from 1 to 65535."),
        (["run", "--port", "web"], "Argument --port: invalid int value: 'web'. ./spean help lists the commands."),
        (["run", "--fast"], "Unrecognized arguments: --fast. ./spean help lists the commands."),
        (["--run"], "There is no command '--run'. ./spean help lists them."),
        (
            ["run", "--data", "/proc/spean"],
            "Cannot write to /proc/spean: No such file or directory. Choose another folder with --data.",
        ),
    ],
)
def test_a_mistake_gets_one_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(words) == 1
    assert capsys.readouterr().err == f"spean: {sentence}\n"


def test_a_full_or_broken_disk_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_options: running.Options) -> int:
        raise OSError(28, "No space left on device", "/var/spean/log/web.log")

    monkeypatch.setattr(running, "run", full)
    assert commands.main(["run"]) == 1
    assert capsys.readouterr().err == "spean: The machine refused: No space left on device (/var/spean/log/web.log).\n"


def test_help_names_every_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main([]) == 0
    said = capsys.readouterr().out
    for word in ("run", "test", "create-steward", "import-areas", "lock", "assets"):
        assert f"./spean {word}" in said


def test_an_old_python_gets_a_sentence() -> None:
    """The same file, read by a Python that says it is old and finds no newer one."""
    code = (
        f"import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path({str(ROOT / 'spean')!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "run"], env={"PATH": "/nonexistent"}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == "spean: Spean needs Python 3.11 or later, and this is Python 3.9. Install a newer one.\n"


def test_an_old_python_hands_over_to_a_newer_one(tmp_path: Path) -> None:
    (tmp_path / "python3.12").write_text("#!/bin/sh\necho handed over: $2\n", encoding="ascii")
    (tmp_path / "python3.12").chmod(0o755)
    code = (
        f"import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path({str(ROOT / 'spean')!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, "run"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == "handed over: run\n"


def test_the_launcher_needs_only_the_standard_library() -> None:
    """Imported by a bare Python (-I -S: no site packages), with every module of the launcher."""
    modules = sorted(f"app.launch.{path.stem}" for path in (ROOT / "app" / "launch").glob("[a-z]*.py"))
    code = f"import sys, importlib; sys.path.insert(0, {str(ROOT)!r}); [importlib.import_module(m) for m in {modules}]"
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(modules) > 10
