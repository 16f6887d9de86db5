"""The Python environment: made once, filled from locked requirements, never half."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.launch import environment
from app.launch.processes import stoppable
from app.launch.trouble import Trouble


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source folder with one requirement, which only the folder `wheels` can give."""
    (tmp_path / "wheels").mkdir()
    for name, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path / "wheels"),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_CACHE_DIR": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SPEAN_VENV", raising=False)
    digest = hashlib.sha256(wheel(tmp_path).read_bytes()).hexdigest()
    (tmp_path / "requirements.txt").write_text(f"plank==1.0 --hash=sha256:{digest}\n", encoding="ascii")
    return tmp_path


def wheel(root: Path, body: str = "WOOD = 'teak'\n") -> Path:
    """A package of one line."""
    path = root / "wheels" / "plank-1.0-py3-none-any.whl"
    info = "plank-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {
            "plank.py": body,
            f"{info}/METADATA": "Metadata-Version: 2.1\nName: plank\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path


def ready(root: Path) -> environment.Environment:
    with stoppable():
        return environment.ready("requirements.txt", root=root)


@pytest.mark.slow
def test_fills_once_and_mends_what_was_cut_short(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "wheels" / "plank-1.0-py3-none-any.whl").rename(root / "kept.whl")
    with pytest.raises(Trouble, match=r"^Installing the requirements failed: .*plank.* Is there a network\?"):
        ready(root)
    assert not list((root / ".venv").glob("lib/python3*/site-packages/plank.py"))

    (root / "kept.whl").rename(root / "wheels" / "plank-1.0-py3-none-any.whl")
    made = ready(root)
    assert len(list(made.prefix.glob("lib/python3*/site-packages/plank.py"))) == 1
    assert made.python.exists()
    capsys.readouterr()

    ready(root)
    assert "The Python environment is ready" in capsys.readouterr().out

    wheel(root, "WOOD = 'rotten'\n")
    (root / "requirements.txt").write_text("# changed\n" + (root / "requirements.txt").read_text(), encoding="ascii")
    subprocess.run([made.python, "-m", "pip", "uninstall", "-q", "-y", "plank"], check=True)
    with pytest.raises(Trouble, match=r"is not the one that was locked, so nothing was installed"):
        ready(root)


def test_a_python_without_venv(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(Trouble, match=r"its venv module is missing.*sudo apt install python3\.\d+-venv$"):
        ready(root)
    assert not (root / ".venv").exists()


def test_a_folder_that_is_not_ours_is_left_alone(root: Path) -> None:
    (root / ".venv").mkdir()
    (root / ".venv" / "letters").write_text("dear", encoding="ascii")
    with pytest.raises(Trouble, match="Spean did not make it"):
        ready(root)
    assert (root / ".venv" / "letters").read_text(encoding="ascii") == "dear"


def test_a_named_environment_must_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAN_VENV", str(tmp_path))
    with pytest.raises(Trouble, match="there is no Python environment there"):
        environment.ready("requirements.txt")
    monkeypatch.setenv("SPEAN_VENV", sys.prefix)
    assert environment.ready("requirements.txt").prefix == Path(sys.prefix)
