"""The key-encryption key from each of its sources, and one clear sentence for each way it can be wrong."""

from __future__ import annotations

import base64
import shlex
import sys
from pathlib import Path

import pytest

from app.core import crypto, kek
from app.core.errors import BadSetting

FIRST, SECOND = bytes(range(32)), bytes(range(1, 33))
ONE, TWO = (base64.b64encode(key).decode() for key in (FIRST, SECOND))
PLACE = crypto.place("org_keys", "data_key")


def refused(environ: dict[str, str]) -> str:
    """The sentence with which these settings are refused; it quotes no key."""
    with pytest.raises(BadSetting) as caught:
        kek.load(environ)
    said = str(caught.value)
    assert "\n" not in said
    assert ONE[:12] not in said
    return said


def program(text: str) -> dict[str, str]:
    """A command whose program is this Python text."""
    return {"SPEAN_KEK_COMMAND": shlex.join([sys.executable, "-c", text])}


def test_a_single_key_is_version_one(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{ONE}\n")
    for environ in ({"SPEAN_KEK": ONE}, {"SPEAN_KEK_FILE": str(file)}, program(f"print('{ONE}')")):
        assert kek.load(environ).keys == {1: FIRST}


def test_several_versions_stand_on_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"1:{ONE}\n2:{TWO}\n")
    for environ in (
        {"SPEAN_KEK": f"1:{ONE} 2:{TWO}"},
        {"SPEAN_KEK_FILE": str(file)},
        program(f"print('1:{ONE}'); print('2:{TWO}')"),
    ):
        assert kek.load(environ).keys == {1: FIRST, 2: SECOND}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("not/base64!", "not base64"),
        (ONE[:-1], "not base64"),
        (ONE[:-4], "must be 32 bytes"),
        (base64.b64encode(bytes(33)).decode(), "must be 32 bytes"),
        (f"{ONE} {TWO}", "write each as VERSION:BASE64"),
        (f"1:{ONE} {TWO}", "write each as VERSION:BASE64"),
        (f"2:{ONE} 2:{TWO}", "Version 2 of the key-encryption key is given twice"),
        (f"1:{ONE} 2:{ONE}", "are the same key"),
        (f"0:{ONE}", "not base64"),
    ],
)
def test_a_wrong_key_is_one_sentence(given: str, said: str) -> None:
    assert said in refused({"SPEAN_KEK": given})


def test_two_sources_at_once() -> None:
    assert "are both set" in refused({"SPEAN_KEK": ONE, "SPEAN_KEK_FILE": "/key"})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    garbage = tmp_path / "key"
    garbage.write_bytes(b"\xff\xfe")
    for path in (tmp_path / "absent", tmp_path, garbage):
        assert "cannot be read" in refused({"SPEAN_KEK_FILE": str(path)})
    garbage.write_text("\n")
    assert "empty" in refused({"SPEAN_KEK_FILE": str(garbage)})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"import sys; sys.stderr.write('{ONE}'); sys.exit(4)", "ended with code 4"),
        ("pass", "empty"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "not base64"),
        ("print('<error>')", "not base64"),
        ("print('A' * 70000)", "too long"),
    ],
)
def test_a_command_that_gives_no_key(text: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert said in refused(program(text))
    assert capfd.readouterr() == ("", "")


def test_a_command_that_cannot_be_run(tmp_path: Path) -> None:
    assert "cannot be run" in refused({"SPEAN_KEK_COMMAND": str(tmp_path / "absent")})
    assert "a quotation mark is open" in refused({"SPEAN_KEK_COMMAND": "print 'key"})


def test_a_command_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kek, "COMMAND_SECONDS", 0.2)
    assert "within 0.2 seconds" in refused(program("import time; time.sleep(60)"))


def test_a_command_is_given_none_of_speans_secrets() -> None:
    text = f"import os; print('{ONE}' if not any(n.startswith('SPEAN_') for n in os.environ) else 'told')"
    assert kek.load({**program(text), "SPEAN_SECRET_KEY": "s" * 32}).keys == {1: FIRST}


def test_no_shell_reads_a_command(tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert "write each as" in refused({"SPEAN_KEK_COMMAND": f"echo {ONE} ; touch {made}"})
    assert not made.exists()


def test_a_version_that_is_not_there_opens_and_wraps_nothing() -> None:
    held = kek.HeldKeys({1: FIRST})
    with pytest.raises(crypto.Unsealable):
        held.wrap(2, SECOND, PLACE)
    with pytest.raises(crypto.Unsealable):
        held.unwrap(2, held.wrap(1, SECOND, PLACE), PLACE)
    assert "keys" not in repr(held)
