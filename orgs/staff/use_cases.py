"""Making organisations and inviting the people who work in them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core import audit, clock, ids, kek_checks, keys
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid, NotFound
from app.core.kek import KeyEncryption
from app.core.key_rows import OrgKey
from app.core.text import tidy
from orgs.areas.queries import area_names
from orgs.staff import policy, rules
from orgs.staff.models import Invite, Organisation, Staff
from orgs.staff.signing_in import token_hash

INVITE_DAYS = 7


def first_steward(session: Session, kek: KeyEncryption, *, name_km: str, name_en: str, another: bool = False) -> str:
    """Make the steward organisation, if there is none, and an invitation to it; returns the invitation's token.

    Only the migrator's connection may: there is nobody yet who could invite. Raises Conflict when a steward is at
    work already and not `another` one is wanted, BadSetting when the key-encryption key is not this database's.
    """
    org_id, token = ids.new_id(), ids.token()
    made = keys.new_org_keys(kek, kek_checks.check(session, kek) or kek_checks.note(session, kek), org_id)
    done = session.execute(
        text(
            "SELECT sec.first_steward(:org, 'ST', :km, :en, :public, :kek, :data, :private, :invite, :token, :another)"
        ),
        {
            "org": org_id, "km": tidy(name_km), "en": tidy(name_en), "public": made.public_key, "kek": made.kek_version,
            "data": made.data_key, "private": made.private_key, "invite": ids.new_id(), "token": token_hash(token),
            "another": another,
        },
    ).scalar_one()  # fmt: skip
    if not done:
        raise Conflict(N_("There is a steward already."))
    return token


def make_organisation(
    session: Session, actor: Actor, *, kind: str, prefix: str, name_km: str, name_en: str, area: str | None = None
) -> UUID:
    """Add an organisation to the network. Raises Invalid; NotAllowed unless the actor is a steward."""
    policy.check_steward(actor)
    rules.check_organisation(kind=kind, prefix=prefix, name_km=name_km, name_en=name_en, area=area)
    _known_area(session, area)
    org_id = ids.new_id()
    kek: KeyEncryption = session.info["kek"]
    made = keys.new_org_keys(kek, kek_checks.current(session, kek), org_id)
    session.add(
        Organisation(
            id=org_id, kind=kind, prefix=prefix, name_km=tidy(name_km), name_en=tidy(name_en), area=area,
            public_key=made.public_key, created_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()
    session.add(
        OrgKey(
            org_id=org_id, version=1, kek_version=made.kek_version, data_key=made.data_key,
            private_key=made.private_key, created_at=clock.now(),
        )
    )  # fmt: skip
    session.flush()
    audit.record(session, actor, "organisation.make", subject="organisation", subject_id=org_id)
    return org_id


def edit_organisation(
    session: Session, actor: Actor, org_id: UUID, *, name_km: str, name_en: str, area: str | None, active: bool,
    version: int,
) -> None:  # fmt: skip
    """Rename or move an organisation, or let it leave the network: nobody of it can then sign in.

    Its records stay sealed where they are. Raises NotAllowed, NotFound, Conflict, Invalid.
    """
    policy.check_steward(actor)
    row = session.execute(select(Organisation).where(Organisation.id == org_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict
    rules.check_renaming(kind=row.kind, name_km=name_km, name_en=name_en, area=area)
    if row.area != area:
        _known_area(session, area)
    if row.id == actor.org_id and not active:
        raise Invalid(N_("The steward's own organisation cannot leave."))
    row.name_km, row.name_en, row.area = tidy(name_km), tidy(name_en), area
    row.active, row.version = active, row.version + 1
    session.flush()
    audit.record(session, actor, "organisation.change", subject="organisation", subject_id=org_id, active=active)


def invite(session: Session, actor: Actor, roles: frozenset[str], *, org_id: UUID | None = None) -> str:
    """Make a single-use link for somebody to join; returns its token, which is kept nowhere else.

    A manager invites to their own organisation, a steward the first person of any. Raises Invalid, NotAllowed,
    NotFound.
    """
    org = session.get(Organisation, org_id or actor.org_id)
    if org is None or not org.active:
        raise NotFound
    if org.id != actor.org_id:
        policy.check_steward(actor)
    else:
        policy.check_manages(actor)
    rules.check_roles(roles, org.kind)
    if org.id != actor.org_id and not roles <= {"manager", "official"}:
        raise Invalid(N_("A steward invites a manager, or an official of a commune."), field="roles")
    token = ids.token()
    row = Invite(
        org_id=org.id, id=ids.new_id(), token_hash=token_hash(token), roles=sorted(roles),
        made_by=actor.staff_id or actor.org_id, made_at=clock.now(),
        expires_at=clock.now() + timedelta(days=INVITE_DAYS),
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, actor, "staff.invite", subject="invite", subject_id=row.id)
    return token


def new_password_link(session: Session, actor: Actor, staff_id: UUID) -> str:
    """Make a single-use link by which a colleague who lost their password chooses a new one; returns its token.

    Raises NotAllowed, NotFound; Invalid for oneself, who would need no link.
    """
    policy.check_manages(actor)
    row = _staff(session, actor, staff_id)
    if not row.active:
        raise NotFound
    if row.id == actor.staff_id:
        raise Invalid(N_("Change your own password in your profile."))
    token, now = ids.token(), clock.now()
    link = Invite(
        org_id=row.org_id, id=ids.new_id(), token_hash=token_hash(token), roles=row.roles, staff_id=row.id,
        made_by=actor.staff_id or actor.org_id, made_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    session.add(link)
    session.flush()
    audit.record(session, actor, "staff.reset_link", subject="staff", subject_id=row.id)
    return token


def end_officials(session: Session, actor: Actor, org_id: UUID) -> int:
    """Take the access of all officials of a sangkat office back; returns how many had it. Raises NotAllowed, NotFound.

    The steward sees no names: whoever should stay is invited anew.
    """
    policy.check_steward(actor)
    org = session.get(Organisation, org_id)
    if org is None or org.kind != "commune":
        raise NotFound
    ended = int(session.execute(text("SELECT sec.end_officials(:org)"), {"org": org_id}).scalar_one())
    audit.record(session, actor, "organisation.end_officials", subject="organisation", subject_id=org_id, ended=ended)
    return ended


def cancel_invite(session: Session, actor: Actor, invite_id: UUID) -> None:
    """Take an unused invitation back. Raises NotFound, Conflict."""
    policy.check_manages(actor)
    row = session.execute(
        select(Invite).where(Invite.org_id == actor.org_id, Invite.id == invite_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    if row.used_at is not None:
        raise Conflict(N_("This invitation has already been used."))
    row.cancelled_at = clock.now()
    audit.record(session, actor, "staff.uninvite", subject="invite", subject_id=row.id)


def change_staff(
    session: Session, actor: Actor, staff_id: UUID, *, roles: frozenset[str], active: bool, version: int
) -> None:
    """Change what a colleague may do, or end their access at once. Raises NotFound, NotAllowed, Conflict, Invalid."""
    policy.check_manages(actor)
    row = _staff(session, actor, staff_id)
    if row.version != version:
        raise Conflict
    rules.check_roles(roles, actor.org_kind)
    kept = {"manager", "steward"}.intersection(row.roles)
    if row.id == actor.staff_id and not (active and kept <= roles):
        raise Invalid(N_("You cannot take away your own access. Ask another manager."), field="roles")
    row.roles, row.active, row.version = sorted(roles), active, row.version + 1
    session.flush()
    if not active:
        session.execute(text("SELECT sec.revoke_staff(:staff)"), {"staff": staff_id})
    audit.record(session, actor, "staff.change", subject="staff", subject_id=staff_id, active=active)


def change_profile(session: Session, actor: Actor, *, language: str, notify_email: bool | None = None) -> None:
    """A person's own choices: the language they read and whether they are also told by email."""
    rules.check_language(language)
    row = session.execute(
        select(Staff).where(Staff.org_id == actor.org_id, Staff.id == actor.staff_id)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    row.language = language
    if notify_email is not None and row.notify_email != notify_email:
        row.notify_email = notify_email
    session.flush()


def _staff(session: Session, actor: Actor, staff_id: UUID) -> Staff:
    """Somebody of the own organisation, locked. Raises NotFound."""
    row = session.execute(
        select(Staff).where(Staff.org_id == actor.org_id, Staff.id == staff_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _known_area(session: Session, area: str | None) -> None:
    if area is not None and not area_names(session, [area]):
        raise Invalid(N_("Choose a sangkat from the list."), field="area")
