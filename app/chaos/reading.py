"""The final reads, after everything was healed: through the API as the people, and the rest of `Final` beside it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from app.chaos import rows
from app.chaos.asking import Answer, Request, Web
from app.chaos.history import Final, Operation, Outcome, Referral, Seen
from app.chaos.network import OUTSIDER, SENDER, Member, Network
from app.chaos.playing import foreign
from app.chaos.stack import Stack
from app.launch.processes import Stopped, pause

_HANDS = 6
_MOST_TIMES = 5
_VERIFY_S = 120
_LOOK_S = 0.1


@dataclass(frozen=True)
class Reader:
    """Reads what is there at the end. What it asks is part of the history, as everything is."""

    web: Web
    network: Network
    stack: Stack

    def read(self, operations: Sequence[Operation]) -> Final:
        """All of it but mails and what was aged, which others know."""
        backup_url = self.stack.environ["SPEAN_BACKUP_URL"]
        referrals = rows.read(backup_url).referrals
        clients, seen = self._through_the_api(operations, referrals)
        found = rows.read(backup_url)  # after them: a first look leaves an event, and each its entry in the audit
        found.clients, found.seen = clients, seen
        found.people = [one.person for one in self.network.members.values()]
        found.teams = self.network.teams
        return found

    def _through_the_api(
        self, operations: Sequence[Operation], referrals: Sequence[Referral]
    ) -> tuple[dict[str, int], list[Seen]]:
        made = {one.made: one.who for one in _done(operations) if one.what in {"client", "walk_in"} and one.made}
        sent_by = {one.on: one.who for one in operations if one.what == "send"}
        by_staff = {one.staff: one for one in self.network.members.values()}
        nurse_of = {self.network.members[org, "first"].org: self.network.members[org, "first"] for org in self._houses}
        outsider = self.network.members[OUTSIDER, "first"]
        with ThreadPoolExecutor(_HANDS) as pool:
            clients = {client: pool.submit(self._client, by_staff[who], client) for client, who in made.items()}
            seen = [
                pool.submit(self._referral, who, row.id, party)
                for row in referrals
                for who, party in (
                    (by_staff[sent_by.get(row.consent, self.network.members[SENDER, "first"].staff)], "sender"),
                    (nurse_of[row.receiver_org], "receiver"),
                )
            ]
            for row in referrals:
                pool.submit(self._as_outsider, outsider, row.id)
            every: list[Future[Any]] = [*clients.values(), *seen]
            while not all(asked.done() for asked in every):
                _pause_or_cancel(pool)
            return {client: asked.result() for client, asked in clients.items()}, [asked.result() for asked in seen]

    def verified(self, tell: Callable[[str], object]) -> bool:
        """Whether `./spean verify-audit` finds the audit as it was written, with nothing left to seal."""
        command, environ = self.stack.command("verify-audit")
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command, env=environ, capture_output=True, text=True, check=False, timeout=_VERIFY_S
            )
        except subprocess.TimeoutExpired:
            return False
        for line in [*done.stdout.splitlines(), *done.stderr.splitlines()[-5:]]:
            tell(f"verify-audit: {line}")
        return done.returncode == 0

    @property
    def _houses(self) -> Iterable[str]:
        return {name for name, _ in self.network.members}

    def _ask(self, request: Request) -> Answer:
        for _ in range(_MOST_TIMES):
            operation, answer = self.web.ask(request)
            if operation.outcome is not Outcome.UNKNOWN:
                break
        return answer

    def _client(self, who: Member, client: str) -> int:
        return self._ask(Request(-1, "read client", who, f"/clients/{client}", on=client)).status

    def _referral(self, who: Member, referral: str, party: str) -> Seen:
        answer = self._ask(Request(-1, "read", who, f"/referrals/{referral}", on=referral))
        body, packet = answer.body, answer.body.get("packet") or {}
        kinds = tuple(one["kind"] for one in body.get("timeline", ()))
        readable = bool(packet.get("triage") or packet.get("identity"))
        return Seen(referral, party, answer.status, body.get("version"), kinds, readable)

    def _as_outsider(self, who: Member, referral: str) -> None:
        for on, path, body in foreign(referral, referral)[:2]:
            self._ask(Request(-1, "foreign", who, path, body, on=on))


def _pause_or_cancel(pool: ThreadPoolExecutor) -> None:
    try:
        pause(_LOOK_S)
    except Stopped:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _done(operations: Sequence[Operation]) -> list[Operation]:
    return [one for one in operations if one.outcome is Outcome.OK]
