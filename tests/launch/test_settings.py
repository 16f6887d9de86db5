"""Which process is given which secret, and where an operator's own servers come in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.launch.credentials import NAMES
from app.launch.places import Places
from app.launch.settings import NOT_FOR, OPERATORS_ONLY, ROLE_URLS, Settings, external_database, role_url
from app.launch.trouble import Trouble

DOORS = ("SPEAN_WEB_URL", "SPEAN_PUBLIC_URL")


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    for name in [one for one in os.environ if one.startswith("SPEAN_")]:
        monkeypatch.delenv(name)
    return Settings(
        places=Places(tmp_path, tmp_path, None),
        secrets={name: f"{name.lower()}-value" for name in NAMES},
        admin_url="postgresql://postgres:top@/postgres?host=/run/s",
        redis_url="unix:///run/s/redis.sock?db=0",
        smtp_url="smtp://127.0.0.1:2525",
        base_url="http://127.0.0.1:8000",
    )


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        ("postgresql://postgres:top@/postgres?host=/run/s", "postgresql://spean_web:p%2Fw@/spean?host=/run/s"),
        ("postgresql://a:b@db.example:6432/x", "postgresql://spean_web:p%2Fw@db.example:6432/spean"),
        ("postgresql+psycopg://a@[::1]/x?sslmode=require", "postgresql://spean_web:p%2Fw@[::1]/spean?sslmode=require"),
    ],
)
def test_a_roles_url_keeps_the_server_and_its_options(admin: str, expected: str) -> None:
    assert role_url(admin, "web", "p/w") == expected


def test_only_postgresql_will_do() -> None:
    with pytest.raises(Trouble, match="must begin with postgresql://"):
        role_url("mysql://root@localhost/", "web", "x")


def test_each_gets_no_more_than_it_needs(settings: Settings) -> None:
    admin, operator, process = settings.administrator(), settings.operator(), settings.process("web")
    assert "SPEAN_ADMIN_URL" in admin
    assert set(admin) - set(operator) == {"SPEAN_ADMIN_URL"}
    assert set(operator) - set(process) == {*OPERATORS_ONLY, "SPEAN_WORKER_URL", "SPEAN_PUBLISHER_URL"}
    for name in NOT_FOR.keys() - {"web"}:
        assert not {"SPEAN_KEK", "SPEAN_SECRET_KEY", "SPEAN_WEB_URL", *OPERATORS_ONLY} & set(settings.process(name))
    assert "top" not in process["SPEAN_WEB_URL"]
    assert "value" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "secrets"),
    [
        ("web", {*DOORS, "SPEAN_SECRET_KEY", "SPEAN_KEK", "SPEAN_REDIS_URL", "SPEAN_SMTP_URL"}),
        ("worker", {"SPEAN_WORKER_URL", "SPEAN_REDIS_URL", "SPEAN_SMTP_URL"}),
        ("mail-worker", {"SPEAN_WORKER_URL", "SPEAN_REDIS_URL", "SPEAN_SMTP_URL"}),
        ("beat", {"SPEAN_REDIS_URL"}),
        ("mail-sink", {"SPEAN_SMTP_URL"}),
        ("publisher", {"SPEAN_PUBLISHER_URL"}),
    ],
)
def test_every_secret_of_every_process(settings: Settings, name: str, secrets: set[str]) -> None:
    """What opens something, process by process: whoever adds one writes it down here."""
    given = {one for one in settings.process(name) if one.startswith("SPEAN_")}
    assert given - {"SPEAN_BASE_URL", "SPEAN_MAIL_DIR"} == secrets


def test_the_operators_own_values_win(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEAN_BASE_URL", "https://spean.example")
    monkeypatch.setenv("SPEAN_KEK_FILE", "/etc/spean/kek")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    given = settings.process("web")
    assert given["SPEAN_BASE_URL"] == "https://spean.example"
    assert given["SPEAN_KEK_FILE"] == "/etc/spean/kek"
    assert "SPEAN_KEK" not in given
    assert "PYTHONHOME" not in given


def test_an_outside_database_is_named_whole_or_not_at_all() -> None:
    every = dict.fromkeys(ROLE_URLS, "postgresql://x@y/spean")
    assert external_database({"SPEAN_ADMIN_URL": "postgresql://x@y/z"})
    assert external_database(every)
    assert not external_database({})
    with pytest.raises(Trouble, match=r"^SPEAN_WEB_URL is set, but SPEAN_PUBLIC_URL, .* is not"):
        external_database({"SPEAN_WEB_URL": "postgresql://x@y/spean"})
