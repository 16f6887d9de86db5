from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from app.cli.__main__ import commands
from orgs.areas import queries
from orgs.staff import signing_in
from tests.network import AREAS, Network, Servers
from tests.running import clock_right


def _run(*words: str, **environ: str) -> Result:
    return CliRunner(env={"SPEAN_ADMIN_URL": None, **environ}).invoke(commands, words)


def test_provision_and_migrate_are_safe_to_run_again(servers: Servers) -> None:
    urls = servers.environ()
    for word in ("provision", "migrate", "migrate"):
        result = _run(word, SPEAN_ADMIN_URL=servers.admin_url, **urls)
        assert (result.exit_code, result.exception) == (0, None), result.output


@pytest.mark.parametrize("word", ["provision", "migrate", "create-steward"])
def test_a_missing_setting_is_one_sentence(word: str) -> None:
    result = _run(word, SPEAN_WEB_URL="", SPEAN_MIGRATOR_URL="")
    assert result.exit_code == 2
    assert re.fullmatch(r"SPEAN_\w+ is not set\.\n", result.stderr)


def test_an_unreachable_database_is_one_sentence_without_a_password() -> None:
    result = _run("migrate", SPEAN_MIGRATOR_URL="postgresql://spean_migrator:hush-hush@127.0.0.1:1/spean")
    assert result.exit_code == 2
    assert result.stderr.startswith("The database cannot be reached: ")
    assert "hush" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_publishing_leaves_its_heartbeat_and_needs_no_other_secret(servers: Servers, network: Network) -> None:
    clock_right(network)
    with servers.administrator() as staging:
        staging.execute("DELETE FROM sec.heartbeats")
    result = _run("publish", SPEAN_PUBLISHER_URL=servers.urls["spean_publisher"])
    assert (result.exit_code, result.stderr) == (0, "")
    with servers.administrator() as looking:
        found = looking.execute("SELECT task, started_at <= succeeded_at FROM sec.heartbeats").fetchall()
    assert found == [("spean.publish", True)]
    away = _run("publish", SPEAN_PUBLISHER_URL="postgresql://spean_publisher:x@127.0.0.1:1/spean")
    assert away.exit_code == 2
    assert away.stderr.count("\n") == 1


def test_roles_of_several_databases_are_refused(servers: Servers) -> None:
    urls = servers.environ() | {"SPEAN_WEB_URL": "postgresql://spean_web:x@127.0.0.1/other"}
    result = _run("provision", SPEAN_ADMIN_URL=servers.admin_url, **urls)
    assert result.exit_code == 2
    assert "must name one database" in result.stderr


def test_areas_come_from_a_file(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "areas.json"
    file.write_text(json.dumps(AREAS), encoding="utf-8")
    result = _run("import-areas", str(file), **network.servers.environ())
    assert result.stdout == "7 areas are there.\n"
    with network.steward.transaction() as (session, _):
        assert queries.area_names(session, ["1208"])["1208"].en == "Sen Sok"


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is not JSON"), ("[]", "The file is not a list of areas."), (None, "There is no file")],
)
def test_a_bad_file_of_areas_changes_nothing(servers: Servers, tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "areas.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    result = _run("import-areas", str(file), **servers.environ())
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_a_steward_is_made_once_and_more_only_on_request(network: Network) -> None:
    assert network.steward
    environ = network.servers.environ() | {"SPEAN_BASE_URL": "https://spean.example"}
    refused = _run("create-steward", **environ)
    assert (refused.exit_code, "--another" in refused.stderr) == (2, True)
    made = _run("create-steward", "--another", **environ)
    found = re.search(r"https://spean\.example/join/(\S+)", made.stdout)
    assert found
    with Session(network.servers.engines["spean_public"]) as session:
        invite = signing_in.open_invite(session, found[1])
    assert invite
    assert invite.org_id == network.steward.org_id
    assert set(invite.roles) == {"steward", "manager"}
