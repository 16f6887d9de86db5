"""Whatever somebody with all rights on the server does to the audit, verifying it names the place."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.cli import audit
from app.core.audit_chain import Entry, Head, link, row_hash
from tests.audit.conftest import House
from worker import periodic

LINK = "FROM sec.audit_seals s WHERE s.org_id = %(org)s AND s.seq = 3"


def entry_at(house: House, seq: int) -> UUID:
    with house.attacker() as attacker:
        row = attacker.execute(
            "SELECT audit_id FROM sec.audit_seals WHERE org_id = %s AND seq = %s", (house.team.ngo.id, seq)
        ).fetchone()
    assert row
    found: UUID = row[0]
    return found


def length(house: House, org_id: UUID) -> int:
    with house.attacker() as attacker:
        row = attacker.execute("SELECT seq FROM sec.audit_heads WHERE org_id = %s", (org_id,)).fetchone()
    assert row
    return int(row[0])


def forge(house: House, org_id: UUID, first: int) -> None:
    """Write the chain anew from a link on, as it would be if the entries had always been as they are now."""
    with house.attacker() as attacker:
        rows = attacker.execute("SELECT * FROM sec.audit_links(%s, %s, 100000)", (org_id, first - 1)).fetchall()
        before = attacker.execute(
            "SELECT chain FROM sec.audit_seals WHERE org_id = %s AND seq = %s", (org_id, first - 1)
        ).fetchone()
        assert before
        names = ("id", "at", "staff_id", "action", "subject", "subject_id", "ref", "outcome", "detail")
        chain = before[0]
        for seq, _audit_id, _hash, _chain, *values in rows:
            hashed = row_hash(Entry(org_id=org_id, **dict(zip(names, values, strict=True))))
            chain = link(chain, seq, hashed)
            attacker.execute(
                "UPDATE sec.audit_seals SET row_hash = %s, chain = %s WHERE org_id = %s AND seq = %s",
                (hashed, chain, org_id, seq),
            )
        attacker.execute("UPDATE sec.audit_heads SET chain = %s WHERE org_id = %s", (chain, org_id))


CUT = (
    (
        "DELETE FROM app.audit_log l USING sec.audit_seals s WHERE s.org_id = %(org)s AND s.seq > 3"
        " AND l.org_id = s.org_id AND l.id = s.audit_id"
    ),
    "DELETE FROM sec.audit_seals WHERE org_id = %(org)s AND seq > 3",
)
HEAD_FOLLOWS = f"UPDATE sec.audit_heads h SET seq = s.seq, chain = s.chain {LINK} AND h.org_id = s.org_id"


def test_what_was_left_alone_is_as_it_was_written(house: House) -> None:
    good = house.verify()
    assert (good.exit_code, good.stderr) == (0, "")
    assert "entries are as they were written. None waits to be sealed." in good.stdout
    assert (house.verify("--quiet").exit_code, house.verify("--quiet").output) == (0, "")


def test_what_is_written_and_sealed_while_it_is_verified_is_no_fault(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As beside a running Spean: the heads are read, then the links."""
    read_heads = audit._chains

    def beside_the_sealer(session: Session) -> list[tuple[Head, bool]]:
        found = read_heads(session)
        house.team.send()
        assert periodic.seal_audit(house.workshop) > 0
        house.team.send()
        return found

    monkeypatch.setattr(audit, "_chains", beside_the_sealer)
    good = house.verify()
    assert (good.exit_code, good.stderr) == (0, "")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "at - interval '1 microsecond'"),
        ("staff_id", "gen_random_uuid()"),
        ("action", "action || ' '"),
        ("subject", "'other'"),
        ("subject_id", "gen_random_uuid()"),
        ("ref", "'R-7777777'"),
        ("outcome", "CASE outcome WHEN 'done' THEN 'denied' ELSE 'done' END"),
        ("detail", """detail || '{"more": 1}'"""),
    ],
)
def test_an_edited_entry_is_named(house: House, column: str, value: str) -> None:
    edited = entry_at(house, 3)
    house.tamper(f"UPDATE app.audit_log SET {column} = {value} WHERE id = %(id)s", id=edited)
    found = house.verify()
    assert found.exit_code == 1
    assert found.stderr == (
        f"organisation {house.team.ngo.id}, link 3, entry {edited}: "
        "the entry was edited, or another stands in its place\n"
    )


def test_a_removed_entry_is_named(house: House) -> None:
    removed = entry_at(house, 3)
    house.tamper("DELETE FROM app.audit_log WHERE id = %(id)s", id=removed)
    assert f"link 3, entry {removed}: the entry was removed" in house.verify().stderr


def test_an_entry_removed_with_its_link_leaves_a_gap(house: House) -> None:
    house.tamper(
        f"DELETE FROM app.audit_log l USING sec.audit_seals s WHERE l.org_id = s.org_id AND l.id = s.audit_id"
        f" AND s.audit_id = (SELECT audit_id {LINK})",
        f"DELETE {LINK}",
        org=house.team.ngo.id,
    )  # fmt: skip
    found = house.verify()
    assert found.exit_code == 1
    assert "link 4" in found.stderr
    assert "links are missing before this one, after 2" in found.stderr


def test_entries_that_changed_places_are_named(house: House) -> None:
    org = house.team.ngo.id
    house.tamper(
        "UPDATE sec.audit_seals SET seq = seq + 90000 WHERE org_id = %(org)s AND seq IN (3, 4)",
        "UPDATE sec.audit_seals SET seq = 90007 - seq WHERE org_id = %(org)s AND seq > 90000",
        org=org,
    )
    found = house.verify()
    assert found.exit_code == 1
    assert "link 3" in found.stderr
    assert "the link does not follow from the one before it" in found.stderr


def test_entries_that_changed_content_with_each_other_are_named(house: House) -> None:
    third, fourth = entry_at(house, 3), entry_at(house, 4)
    house.tamper(
        "UPDATE app.audit_log a SET action = b.action, at = b.at FROM app.audit_log b"
        " WHERE a.id IN (%(x)s, %(y)s) AND b.id IN (%(x)s, %(y)s) AND a.id <> b.id",
        x=third, y=fourth,
    )  # fmt: skip
    assert {f"entry {third}", f"entry {fourth}"} <= set(house.verify().stderr.replace(":", ",").split(", "))


def test_an_entry_added_past_the_audit_is_named(house: House) -> None:
    house.tamper(
        "INSERT INTO app.audit_log (org_id, id, at, action, subject) VALUES"
        " (%(org)s, '00000000-0000-4000-8000-00000000000a', now() - interval '9 days', 'client.read', 'client')",
        org=house.team.ngo.id,
    )
    found = house.verify()
    assert found.exit_code == 1
    assert "entry 00000000-0000-4000-8000-00000000000a: the entry is in no link" in found.stderr


def test_a_tail_that_was_cut_off_does_not_reach_its_head(house: House) -> None:
    house.tamper(*CUT, org=house.team.ngo.id)
    assert "link 3: the chain ends here, but its head says" in house.verify().stderr


def test_a_head_that_was_removed_is_missed(house: House) -> None:
    house.tamper("DELETE FROM sec.audit_heads WHERE org_id = %(org)s", org=house.team.ngo.id)
    assert f"organisation {house.team.ngo.id}: the head of its chain was removed" in house.verify().stderr


@pytest.mark.parametrize("openings", ["kept", "removed", "cut too"])
def test_a_tail_cut_off_with_its_head_is_missed_by_the_partners(house: House, openings: str) -> None:
    more = {
        "kept": (),
        "removed": ("DELETE FROM sec.audit_openings WHERE org_id = %(org)s",),
        "cut too": (f"UPDATE sec.audit_openings o SET seq = s.seq, chain = s.chain {LINK} AND o.org_id = s.org_id",),
    }[openings]
    house.tamper(*CUT, HEAD_FOLLOWS, *more, org=house.team.ngo.id)
    found = house.verify()
    assert found.exit_code == 1
    holders = {house.team.clinic.id, house.network.steward.org_id}
    assert all(f"organisation {holder} witnessed on" in found.stderr for holder in holders)
    assert set(found.stderr.splitlines()) == {one for one in found.stderr.splitlines() if " witnessed on" in one}


def test_a_chain_written_anew_is_missed_by_the_partners_and_by_a_file_kept_elsewhere(
    house: House, tmp_path: Path
) -> None:
    org, kept = house.team.ngo.id, tmp_path / "heads"
    kept.write_text(house.command("audit-heads").stdout, encoding="ascii")
    assert house.verify("--heads", str(kept)).exit_code == 0
    house.tamper("UPDATE app.audit_log SET action = 'client.list' WHERE id = %(id)s", id=entry_at(house, 3))
    forge(house, org, 3)
    found = house.verify()
    assert found.exit_code == 1
    assert f"organisation {house.team.clinic.id} witnessed on" in found.stderr
    with_file = house.verify("--heads", str(kept))
    assert (
        f"organisation {org}, link {length(house, org)}: the chain was cut or written anew: the file"
        in with_file.stderr
    )


def test_without_partners_the_file_kept_elsewhere_still_tells(house: House, tmp_path: Path) -> None:
    org, kept = house.team.ngo.id, tmp_path / "heads"
    kept.write_text(house.command("audit-heads").stdout, encoding="ascii")
    forged = (
        "DELETE FROM app.audit_log WHERE action = 'audit.witness'",
        "TRUNCATE sec.audit_openings",
        "DELETE FROM sec.audit_seals s WHERE NOT EXISTS (SELECT 1 FROM app.audit_log l WHERE l.id = s.audit_id)",
        (
            "UPDATE sec.audit_heads h SET (seq, chain) = (SELECT s.seq, s.chain FROM sec.audit_seals s"
            " WHERE s.org_id = h.org_id ORDER BY s.seq DESC LIMIT 1)"
        ),
    )
    house.tamper(*CUT, HEAD_FOLLOWS, *forged, org=org)
    assert house.verify().exit_code == 0  # somebody with all rights, who knows what to do, and nothing kept elsewhere
    assert f"organisation {org}, link" in house.verify("--heads", str(kept)).stderr


@pytest.mark.parametrize("content", ["nonsense", "a b c", None])
def test_a_bad_file_of_heads_is_one_sentence(house: House, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "heads"
    if content is not None:
        file.write_text(content, encoding="ascii")
    found = house.verify("--heads", str(file))
    assert found.exit_code == 2
    assert found.stderr.count("\n") == 1
