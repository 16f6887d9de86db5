"""Who acts: what the database says of the session that entered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Role = Literal["outreach", "caseworker", "clinician", "manager", "official", "steward", "privacy"]
CASE_ROLES: frozenset[str] = frozenset({"outreach", "caseworker", "clinician"})


@dataclass(frozen=True)
class Called:
    """What whoever is signed in is called, and where: it stands on every page."""

    person: str
    org_km: str
    org_en: str

    @property
    def organisation(self) -> dict[str, str]:
        """For the template filter `in_language`."""
        return {"km": self.org_km, "en": self.org_en}


@dataclass(frozen=True)
class Actor:
    """A person at work in one organisation, or the system acting for it (`staff_id` is None)."""

    org_id: UUID
    org_kind: str
    staff_id: UUID | None = None
    roles: frozenset[str] = field(default_factory=frozenset)
    language: str = "km"
    session_id: UUID | None = None
    called: Called | None = field(default=None, repr=False, compare=False)

    def has(self, *roles: str) -> bool:
        """Whether the actor has any of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def works_cases(self) -> bool:
        """Whether the actor meets clients at all."""
        return self.has(*CASE_ROLES)

    @property
    def is_system(self) -> bool:
        """Whether nobody acts but a schedule."""
        return self.staff_id is None
