"""Checking that the audit is as it was written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cli.sessions import as_migrator
from app.cli.trouble import Trouble
from app.core import clock
from app.core.audit_chain import Entry, Fault, Head, Link, Opening, Walk, Witness, doubts, genesis

_PAGE = 2000
_KEPT = timedelta(days=7 * 365)
"""Witnesses' entries older than this may be pruned, and what opens them."""
_MOST_STRAYS = 100


@click.command("verify-audit")
@click.option("--heads", type=click.Path(path_type=Path), help="A file made earlier by audit-heads, kept elsewhere.")
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def verify_audit(heads: Path | None, *, quiet: bool) -> None:
    """Find entries of the audit that were edited, removed, reordered, added or cut off (SPEAN_MIGRATOR_URL).

    Ends with code 1 and one line for each fault, in references only.
    """
    outside = _read_heads(heads) if heads else {}
    with as_migrator() as session:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})  # the sealer goes on meanwhile
        checked, faults = _verify(session, outside, quiet=quiet)
        waiting, seconds = session.execute(text("SELECT * FROM sec.audit_lag()")).one()
    for fault in faults:
        click.echo(str(fault), err=True)
    if faults:
        sys.exit(1)
    if not quiet:
        click.echo(f"{checked} entries are as they were written. {_lag(waiting, seconds)}")


@click.command("audit-heads")
def audit_heads() -> None:
    """Print where each organisation's audit ends now, to be kept where this machine's attacker cannot reach."""
    with as_migrator() as session:
        for head, _ in _chains(session):
            click.echo(f"{head.org_id} {head.seq} {head.chain.hex()}")


@click.command("audit-lag")
def audit_lag() -> None:
    """Say how many entries of the audit wait to be sealed, and for how long."""
    with as_migrator() as session:
        click.echo(_lag(*session.execute(text("SELECT * FROM sec.audit_lag()")).one()))


def _lag(entries: int, seconds: int) -> str:
    if not entries:
        return "None waits to be sealed."
    return f"{entries} wait to be sealed, the first for {seconds} seconds."


def _verify(session: Session, outside: dict[UUID, Head], *, quiet: bool) -> tuple[int, list[Fault]]:
    """How many entries were checked, and what is wrong."""
    openings = [Opening(**row._mapping) for row in session.execute(text("SELECT * FROM sec.audit_opened()"))]  # noqa: SLF001 - SQLAlchemy's public name
    faults: list[Fault] = []
    witnesses: list[Witness] = []
    walks: dict[UUID, Walk] = {}
    checked = 0
    for head, there in _chains(session):
        if not there:
            faults.append(Fault(head.org_id, "the head of its chain was removed"))
        wanted = {one.seq for one in openings if one.org_id == head.org_id}
        wanted |= {outside[head.org_id].seq} if head.org_id in outside else set()
        walk = walks[head.org_id] = Walk(head, wanted)
        for page in _links(session, head):
            faults += walk.follow(page)
            checked += len(page)
            witnesses += [found for one in page if (found := Witness.of(one))]
            _progress(checked, quiet=quiet)
        faults += walk.end()
        faults += _strays(session, head.org_id)
    _progress(0, quiet=quiet)
    faults += doubts(walks, openings, [one for one in witnesses if one.at > clock.now() - _KEPT])
    faults += [fault for head in outside.values() for fault in _against(walks, head)]
    return checked, faults


def _against(walks: dict[UUID, Walk], head: Head) -> Iterator[Fault]:
    """What was printed earlier must still be in the chain."""
    walk = walks.get(head.org_id)
    if walk is None:
        yield Fault(head.org_id, "the organisation is in the file and no longer here")
    elif not walk.holds(head.seq, head.chain):
        yield Fault(head.org_id, "the chain was cut or written anew: the file says otherwise", head.seq)


def _chains(session: Session) -> list[tuple[Head, bool]]:
    """Each organisation's head, and whether it is there at all."""
    rows = session.execute(text("SELECT * FROM sec.audit_chains()")).all()
    return [
        (Head(row.org_id, row.seq, bytes(row.chain), row.pruned_seq, bytes(row.pruned_chain)), True)
        if row.chain is not None
        else (Head(row.org_id, 0, genesis(row.org_id)), False)
        for row in rows
    ]


def _links(session: Session, head: Head) -> Iterator[list[Link]]:
    after = 0
    while True:
        rows = session.execute(
            text("SELECT * FROM sec.audit_links(:org, :after, :most)"),
            {"org": head.org_id, "after": after, "most": _PAGE},
        ).all()
        if not rows:
            return
        yield [_link(head.org_id, row) for row in rows]
        after = rows[-1].seq


def _link(org_id: UUID, row: object) -> Link:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # noqa: SLF001
    seq, audit_id, row_hash, chain = (values.pop(name) for name in ("seq", "audit_id", "row_hash", "chain"))
    entry = Entry(org_id=org_id, **values) if values["id"] is not None else None
    return Link(seq, audit_id, bytes(row_hash), bytes(chain), entry)


def _strays(session: Session, org_id: UUID) -> list[Fault]:
    found = session.execute(
        text("SELECT * FROM sec.audit_strays(:org, :most)"), {"org": org_id, "most": _MOST_STRAYS}
    ).scalars()
    return [Fault(org_id, "the entry is in no link: it was added past the audit", audit_id=one) for one in found]


def _progress(checked: int, *, quiet: bool) -> None:
    if not quiet and sys.stderr.isatty():
        click.echo(f"\r{checked} entries checked" if checked else "\r\033[K", err=True, nl=False)


def _read_heads(path: Path) -> dict[UUID, Head]:
    """The lines of a file made by audit-heads. Raises Trouble."""
    found: dict[UUID, Head] = {}
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            org_id, seq, chain = line.split()
            head = Head(UUID(org_id), int(seq), bytes.fromhex(chain))
            found[head.org_id] = head
    except (ValueError, UnicodeDecodeError):
        raise Trouble(f"{path} is not a file made by audit-heads.") from None
    except OSError:
        raise Trouble(f"{path} cannot be read.") from None
    return found
