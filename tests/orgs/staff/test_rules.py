from __future__ import annotations

from itertools import combinations

import pytest

from app.core.errors import Invalid
from orgs.staff import rules
from orgs.staff.guides import guides_for

ALLOWED = {
    "ngo": {"outreach", "caseworker", "clinician", "manager", "privacy"},
    "health_centre": {"outreach", "caseworker", "clinician", "manager", "privacy"},
    "hospital": {"outreach", "caseworker", "clinician", "manager", "privacy"},
    "training_provider": {"outreach", "caseworker", "clinician", "manager", "privacy"},
    "commune": {"official"},
    "steward": {"steward", "manager"},
}
EVERY_SET = [frozenset(some) for count in range(len(rules.ROLES) + 1) for some in combinations(rules.ROLES, count)]


@pytest.mark.parametrize("kind", rules.KINDS)
def test_every_set_of_roles_in_every_kind_of_organisation(kind: str) -> None:
    for roles in EVERY_SET:
        watches_itself = "privacy" in roles and roles & {"outreach", "caseworker", "clinician"}
        if roles and roles <= ALLOWED[kind] and not watches_itself:
            rules.check_roles(roles, kind)
        else:
            with pytest.raises(Invalid):
                rules.check_roles(roles, kind)


@pytest.mark.parametrize("kind", set(rules.KINDS) - {"steward"})
def test_the_first_person_has_roles_of_their_kind(kind: str) -> None:
    rules.check_roles(rules.first_roles(kind), kind)


@pytest.mark.parametrize("word", ["police", "compulsory_centre", "steward", ""])
def test_no_other_kind_can_be_made(word: str) -> None:
    with pytest.raises(Invalid) as error:
        rules.check_organisation(kind=word, prefix="KS", name_km="ក", name_en="K", area=None)
    assert set(error.value.fields) == {"kind"}


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(Invalid) as error:
        rules.check_organisation(kind="ngo", prefix="ks", name_km=" ", name_en="x" * 121, area="12")
    assert set(error.value.fields) == {"prefix", "name_km", "name_en", "area"}
    with pytest.raises(Invalid) as error:
        rules.check_person(name=" ", email="dara@example")
    assert set(error.value.fields) == {"name", "email"}


@pytest.mark.parametrize("area", [None, "1201", "12011203"])
def test_a_sangkat_office_has_a_sangkat(area: str | None) -> None:
    with pytest.raises(Invalid):
        rules.check_renaming(kind="commune", name_km="ក", name_en="K", area=area)
    rules.check_renaming(kind="commune", name_km="ក", name_en="K", area="120112")


@pytest.mark.parametrize(
    "email", ["dara", "@example.org", "dara@", "da ra@example.org", "dara@example.org\nBcc: x@y.z", "dara@@example.org"]
)
def test_no_email_address(email: str) -> None:
    with pytest.raises(Invalid):
        rules.check_person(name="Dara", email=email)


@pytest.mark.parametrize("role", rules.ROLES)
def test_there_is_help_for_every_role(role: str) -> None:
    assert len(guides_for([role])) > 1
