"""A small network for tests of what passes between houses: who sends, who receives, and a client in need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from app.core import clock
from orgs.clients.records import Facts, Record
from orgs.clients.use_cases.records import create_client
from orgs.facts import Detail, Gender
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.hours import DAY, WeeklyHours
from orgs.programmes.rules import ProgrammeValues
from orgs.programmes.use_cases import make_programme
from referrals.consents.rules import How
from referrals.consents.use_cases import Sitting, take
from referrals.life.disclosure import Category, RequestValues
from referrals.life.use_cases.answer import Meeting
from referrals.sending.use_cases import Request, send
from tests.network import Network, Org, Person

ALWAYS = WeeklyHours((((0, DAY),),) * 7)
SOKHA = Record(
    alias="Canary-Alias",
    name="Canary Name",
    phone="012 345 678",
    safe_contact="Canary safe contact",
    area="120112",
    facts=Facts(
        birth_year=1994,
        gender=Gender.MAN,
        injecting=True,
        contact_notes="Canary contact notes",
        details={Detail.HEALTH_HIV: "Canary HIV", Detail.DRUG_USE: "Canary drug use"},
    ),
)
CANARIES = ("Canary-Alias", "Canary Name", "12345678", "Canary safe contact", "Canary contact notes", "Canary HIV",
            "Canary drug use", "Canary note", "Canary message")  # fmt: skip
"""No such words may stand anywhere but where the design says."""


@dataclass
class Cast:
    """Korsang-like senders and a clinic-like receiver, all invented."""

    ngo: Org
    clinic: Org
    outreach: Person
    caseworker: Person
    nurse: Person
    programme_id: UUID
    second_id: UUID
    client_id: UUID

    def consent(self, *programme_ids: UUID, who: Person | None = None, **changes: object) -> tuple[UUID, ...]:
        """A real permission, spoken before the outreach worker."""
        person = who or self.outreach
        with person.transaction() as (session, actor):
            return take(
                session, actor, self.client_id, programme_ids or (self.programme_id,), sitting(person, **changes)
            )

    def send(self, consent_id: UUID | None = None, **changes: object) -> UUID:
        """A referral on its way to the clinic."""
        consent_id = consent_id or self.consent()[0]
        with self.outreach.transaction() as (session, actor):
            request = Request(consent_id, RequestValues(service="methadone", note="Canary note"), **changes)  # type: ignore[arg-type]
            return send(session, actor, request).id


def sitting(witness: Person, **changes: object) -> Sitting:
    """What is said when somebody is asked: name, phone and drug use may be told, HIV may not."""
    made = Sitting(
        categories=frozenset({Category.IDENTITY, Category.PHONE, Category.DRUG_USE}),
        how=How.SPOKEN_WITNESSED,
        witness_id=witness.staff_id,
        language="km",
        able_to_decide=True,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def programme(org: Org, **changes: object) -> UUID:
    """A published methadone programme that is always open."""
    values = ProgrammeValues(
        name_km="កម្មវិធីសាក",
        name_en="Trial programme",
        service="methadone",
        meeting_point_km="ច្រកទ្វារពណ៌ខៀវ",
        meeting_point_en="The blue gate",
        languages=frozenset({"km"}),
        hours=ALWAYS,
        capacity=20,
        response_minutes=240,
        criteria=(Criterion(Kind.INJECTING, "injecting"),),
        area="120112",
        published=True,
    )
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        return make_programme(session, actor, replace(values, **changes))  # type: ignore[arg-type]


def cast(network: Network) -> Cast:
    """Everybody, fresh."""
    ngo, clinic = network.organisation("ngo", prefix="KS"), network.organisation("health_centre", prefix="HC")
    outreach, caseworker = ngo.person("outreach"), ngo.person("caseworker")
    nurse = clinic.person("clinician", "caseworker")
    with outreach.transaction() as (session, actor):
        client_id = create_client(session, actor, SOKHA)
    return Cast(ngo, clinic, outreach, caseworker, nurse, programme(clinic), programme(clinic), client_id)


def tomorrow() -> Meeting:
    """An appointment a day ahead."""
    return Meeting(at=clock.now() + timedelta(days=1))


def from_now_on() -> Meeting:
    """Walk-in days that have begun."""
    return Meeting(window_from=clock.now(), window_to=clock.now() + timedelta(days=1))
