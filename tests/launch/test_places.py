"""The data folder: its secrets, its lock, its notes."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from app.launch import credentials, places
from app.launch.places import Places
from app.launch.processes import birth, living_in
from app.launch.running import end_leftovers
from app.launch.trouble import Trouble, last_line


@pytest.fixture
def at(tmp_path: Path) -> Places:
    return Places(tmp_path, tmp_path, None)


def test_secrets_are_made_once_and_closed(at: Places) -> None:
    made = credentials.load(at)
    assert set(made) == set(credentials.NAMES)
    assert len(set(made.values())) == len(made)
    assert len(base64.b64decode(made["SPEAN_KEK"], validate=True)) == 32
    assert stat.S_IMODE(at.secrets.stat().st_mode) == 0o600
    assert credentials.load(at) == made


def test_a_database_without_its_secrets_gets_no_new_ones(at: Places) -> None:
    at.postgres.mkdir()
    with pytest.raises(Trouble, match="with its keys is missing"):
        credentials.load(at)
    assert not at.secrets.exists()


def test_half_a_file_of_secrets_is_refused(at: Places) -> None:
    credentials.load(at)
    at.secrets.write_text("SPEAN_ADMIN_PASSWORD=x\nSPEAN_KEK=\n", encoding="ascii")
    with pytest.raises(Trouble, match=r"lacks SPEAN_WEB_PASSWORD, .*SPEAN_KEK\. Put the file back"):
        credentials.load(at)


def test_one_launcher_at_a_time(at: Places) -> None:
    assert not places.held(at.data)
    with places.locked(at.data):
        assert places.held(at.data)
        with pytest.raises(Trouble, match=rf"already runs on .* \(process {os.getpid()}\)"), places.locked(at.data):
            pytest.fail("two launchers on one folder")
    assert not places.held(at.data)


def test_a_long_path_puts_the_sockets_elsewhere(tmp_path: Path) -> None:
    long = tmp_path / ("d" * 90)
    long.mkdir()
    with places.sockets(Places(long, long, None)) as folder:
        assert len(str(folder)) < places.SOCKET_ROOM
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


def test_leftovers_are_ended_only_when_they_are_certainly_ours(at: Places) -> None:
    """Our own pid with another birth: a number that the machine used again. This test lives to tell."""
    noted = [{"name": "web", "pid": os.getpid(), "born": "1"}]
    places.write_state(at, {"children": noted})
    end_leftovers(at)
    assert not at.state.exists()
    assert birth(os.getpid())


def test_a_torn_note_counts_as_none(at: Places) -> None:
    at.state.write_text('{"pid": 1', encoding="ascii")
    assert places.read_state(at) == {}
    at.state.write_text(json.dumps([1]), encoding="ascii")
    assert places.read_state(at) == {}


def test_a_process_is_known_by_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert living_in(tmp_path) == []
    monkeypatch.chdir(tmp_path)
    assert living_in(tmp_path) == [os.getpid()]


def test_the_last_word_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_line(log) == ""
    log.write_text("first\nit broke\n(Background on this error at: …)\n\n", encoding="utf-8")
    assert last_line(log) == "it broke"
