"""What people type about themselves, their colleagues and organisations."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField
from wtforms.validators import ValidationError

from app.core.errors import N_
from app.http.forms import (
    ChoiceField,
    CodeField,
    RadiosField,
    Required,
    SecretField,
    SelectChoice,
    SpeanForm,
    TextField,
    TickField,
    TicksField,
    _l,
    choices,
    named,
)
from orgs.staff.rules import KINDS, LANGUAGES, ROLES, roles_for

TOKEN_DAYS = {"30": N_("30 days"), "90": N_("90 days"), "365": N_("One year")}


def role_choices(kind: str) -> list[SelectChoice]:
    """The roles of this kind of organisation."""
    return choices({role: ROLES[role] for role in roles_for(kind)})


class Same:
    """Typed twice alike."""

    def __init__(self, other: str) -> None:
        self.other = other

    def __call__(self, form: Any, field: Any) -> None:
        if field.data != form[self.other].data:
            raise ValidationError(str(_l("The two passwords are not the same.")))


class SignInForm(SpeanForm):
    email = CodeField(_l("Email"), [Required(_l("Enter your email."))])
    password = SecretField(_l("Password"), [Required(_l("Enter your password."))])
    next = HiddenField()


class JoinForm(SpeanForm):
    name = TextField(_l("Your name"), [Required(_l("Enter your name, at most 80 characters."))])
    email = CodeField(_l("Email"), [Required(_l("Enter an email address, such as dara@example.org."))])
    password = SecretField(_l("Password"), [Required(_l("Choose a password."))])
    again = SecretField(_l("The same password again"), [Same("password")])
    language = RadiosField(_l("Language"), [Required()], choices=named(LANGUAGES.items()))


class NewPasswordForm(SpeanForm):
    password = SecretField(_l("New password"), [Required(_l("Choose a password."))])
    again = SecretField(_l("The same password again"), [Same("password")])


class RolesForm(SpeanForm):
    roles = TicksField(_l("Roles"))
    version = HiddenField()


class ProfileForm(SpeanForm):
    language = RadiosField(_l("Language"), [Required()], choices=named(LANGUAGES.items()))
    notify_email = TickField(_l("Also tell me by email"))


class PasswordForm(SpeanForm):
    old = SecretField(_l("Present password"), [Required(_l("Enter your present password."))])
    new = SecretField(_l("New password"), [Required(_l("Choose a password."))])
    again = SecretField(_l("The same password again"), [Same("new")])


class TokenForm(SpeanForm):
    label = TextField(_l("What is it for?"), [Required(_l("Say what it is for."))], longest=60)
    days = RadiosField(_l("How long it works"), [Required()], choices=choices(TOKEN_DAYS), default="90")


class OrganisationForm(SpeanForm):
    name_km = TextField(_l("Name in Khmer"), [Required()], longest=120)
    name_en = TextField(_l("Name in English"), [Required()], longest=120)
    area = ChoiceField(_l("Sangkat"))
    version = HiddenField()


class NewOrganisationForm(OrganisationForm):
    kind = RadiosField(
        _l("Kind"),
        [Required(_l("Choose what kind of organisation it is."))],
        choices=choices({kind: label for kind, label in KINDS.items() if kind != "steward"}),
    )
    prefix = CodeField(_l("Letters of its client codes"), [Required()], longest=3)
