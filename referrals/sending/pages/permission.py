"""The third step: the words, read out, and what the person said. Also taking an unused permission back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import PHNOM_PENH
from app.core.context import CASE_ROLES
from app.core.errors import N_, Conflict
from app.http.session import actor, reading, transaction
from orgs.areas.queries import AreaName, area_names
from orgs.clients.queries import client_values
from orgs.programmes import queries as directory
from orgs.programmes import shown
from orgs.programmes.records import ProgrammeView
from orgs.staff.queries import Colleague, colleagues, staff_names
from referrals.consents import queries, rules, use_cases, wording
from referrals.consents.models import ConsentRow
from referrals.consents.rules import Guardian, How, under_18
from referrals.consents.use_cases import Sitting
from referrals.life.disclosure import Category
from referrals.life.words import CATEGORY
from referrals.sending import drafts
from referrals.sending import rules as sending
from referrals.sending.forms import ConsentForm, EmptyForm
from referrals.sending.pages.blueprint import bp, steps
from referrals.sending.rules import Asked

_READ_AGAIN = N_("The words have changed with what you chose. Read them out again, then send this again.")


@dataclass(frozen=True)
class _Scene:
    """What the step stands on: the draft, its programmes, their questions, and possible witnesses."""

    draft: drafts.Open
    views: Sequence[ProgrammeView]
    asked: Sequence[Asked]
    areas: dict[str, AreaName]
    colleagues: Sequence[Colleague]
    held: tuple[ConsentRow, ...]
    """Permissions given before that would do, one for each programme; empty when any is missing."""
    witness: dict[UUID, str]

    @property
    def known_minor(self) -> bool:
        return under_18(self.draft.client.record.facts.birth_year, clock.now())

    @property
    def age_unknown(self) -> bool:
        return self.draft.client.record.facts.birth_year is None


@bp.route("/send/<uuid:draft_id>/consent", methods=["GET", "POST"])
def consent(draft_id: UUID) -> ResponseReturnValue:
    """Read the words out; write down what the person said."""
    with reading() as session:
        scene = _scene(session, draft_id)
    form = _form(scene)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            if _as_read(form):
                _take(session, scene, form)
            else:
                drafts.save(session, actor(), draft_id, categories=_categories(form))
        if not form.errors:
            return redirect(url_for("sending.review", draft_id=draft_id), code=303)
    spoken = [_spoken(view, scene, form) for view in scene.views]
    form.read.data = _fingerprint(form)
    return render_template(
        "sending/consent.html", form=form, draft=scene.draft, draft_views=scene.views, spoken=spoken,
        held=[(row, _told(row)) for row in scene.held], witness=scene.witness, young=_young(form), steps_of=steps(),
    ), form.status  # fmt: skip


@bp.post("/send/<uuid:draft_id>/consent/use")
def use_held(draft_id: UUID) -> ResponseReturnValue:
    """Go on with permissions that the person gave before and that nothing was sent on."""
    with transaction() as session:
        held = _scene(session, draft_id).held
        drafts.save(session, actor(), draft_id, consents=tuple(row.id for row in held))
    step = "review" if held else "consent"
    return redirect(url_for(f"sending.{step}", draft_id=draft_id), code=303)


@bp.get("/send/<uuid:draft_id>/words/<language>")
def words(draft_id: UUID, language: str) -> ResponseReturnValue:
    """The words alone, large, for the person to read on the phone."""
    language = language if language in wording.LANGUAGES else "km"
    with transaction() as session:
        scene = _scene(session, draft_id)
    form = ConsentForm(formdata=None, data=_filled(scene) | {"language": language})
    spoken = [(view.name[language], _spoken(view, scene, form)) for view in scene.views]
    return render_template("sending/words.html", spoken=spoken, draft_id=draft_id, spoken_in=language)


@bp.route("/send/permissions/<uuid:consent_id>/withdraw", methods=["GET", "POST"])
def withdraw(consent_id: UUID) -> ResponseReturnValue:
    """The person takes back a permission that nothing was sent on."""
    form = EmptyForm()
    with reading() as session:
        row = queries.consent(session, actor(), consent_id)
        client = client_values(session, actor(), row.client_id)
        view = directory.programmes(session, [row.programme_id]).get(row.programme_id)
    if form.sent_well():
        with form.taking_errors(), transaction() as session:
            use_cases.withdraw_unused(session, actor(), consent_id)
        if not form.errors:
            flash(gettext("The permission is withdrawn. Nothing can be sent on it."))
            return redirect(url_for("clients.show", client_id=client.id), code=303)
    return render_template("sending/withdraw.html", form=form, row=row, client=client, view=view), form.status


def _scene(session: Session, draft_id: UUID) -> _Scene:
    draft = drafts.read(session, actor(), draft_id)
    views = [directory.programme(session, one) for one in draft.body.programmes]
    held = queries.usable(session, actor(), draft.client.id, draft.body.programmes)
    return _Scene(
        draft,
        views,
        sending.questions(views, draft.client.record, draft.body.said, clock.now()),
        area_names(session, shown.area_codes(views)),
        colleagues(session, actor(), CASE_ROLES),
        held,
        staff_names(session, actor().org_id, (row.witness_id for row in held)),
    )


def _filled(scene: _Scene) -> dict[str, object]:
    spoken = scene.draft.client.record.facts.language
    tellable = sending.tellable(scene.draft.client.record)
    return {
        "witness_id": str(actor().staff_id),
        "categories": [one.value for one in Category if one in scene.draft.body.categories & tellable],
        "language": spoken if spoken in wording.LANGUAGES else "km",
        "expires_at": rules.DEFAULT_DAYS,
    }


def _form(scene: _Scene) -> ConsentForm:
    form = ConsentForm(data=_filled(scene))
    form.offer(scene.colleagues, sending.tellable(scene.draft.client.record), scene.asked, scene.areas)
    form.ask_of_age(known_minor=scene.known_minor, unknown=scene.age_unknown)
    return form


def _told(row: ConsentRow) -> str:
    """What a permission lets through, in words."""
    return ", ".join(gettext(word) for category, word in CATEGORY.items() if category in row.categories)


def _as_read(form: ConsentForm) -> bool:
    """Whether what was chosen is what the words said when they were read out."""
    if form.read.data == _fingerprint(form):
        return True
    form.add_error(None, gettext(_READ_AGAIN))
    return False


def _fingerprint(form: ConsentForm) -> str:
    told = " ".join(sorted(form.categories.data or ()))
    return f"{wording.CURRENT} {form.language.data} {_days(form)} {told}"


def _categories(form: ConsentForm) -> frozenset[Category]:
    return frozenset(map(Category, form.categories.data or ()))


def _days(form: ConsentForm) -> int:
    """Zero, which the rules refuse, where no number could be read."""
    return form.expires_at.data or 0


def _until(form: ConsentForm) -> date:
    """A day to read out, even when the number of days is out of range and about to be refused."""
    days = min(max(_days(form), rules.MIN_DAYS), rules.MAX_DAYS)
    return (clock.now() + timedelta(days=days)).astimezone(PHNOM_PENH).date()


def _young(form: ConsentForm) -> str:
    """The paragraph for those under 18, read out when nobody knows and the person looks young."""
    return wording.minor_words(wording.CURRENT, form.language.data or "km")


def _spoken(view: ProgrammeView, scene: _Scene, form: ConsentForm) -> tuple[str, ...]:
    language = form.language.data or "km"
    return wording.paragraphs(
        wording.CURRENT,
        language,
        programme=view.name[language],
        organisation=view.org_name[language],
        categories=_categories(form),
        until=_until(form),
        minor=scene.known_minor,
    )


def _take(session: Session, scene: _Scene, form: ConsentForm) -> None:
    draft = scene.draft
    young = scene.known_minor or bool("minor" in form and form.minor.data)
    able = {"yes": True, "no": False}
    categories = _categories(form)
    if drafts.read(session, actor(), draft.id).body.programmes != draft.body.programmes:
        raise Conflict
    taken = use_cases.take(
        session,
        actor(),
        draft.client.id,
        draft.body.programmes,
        Sitting(
            categories=categories,
            how=How(form.how.data) if form.how.data else None,
            witness_id=UUID(form.witness_id.data) if form.witness_id.data else None,
            language=form.language.data or "",
            able_to_decide=able.get(form.able_to_decide.data),
            minor=young,
            assent=form.assent.data if young else None,
            guardian=Guardian(form.guardian.data) if young and form.guardian.data else None,
            days=_days(form),
            answers=_answers(form, scene.asked),
        ),
    )
    drafts.save(session, actor(), draft.id, consents=taken, categories=categories)


def _answers(form: ConsentForm, asked: Sequence[Asked]) -> dict[UUID, frozenset[str]]:
    """The keys of what may be told before acceptance, for each programme that asks."""
    ticked = {int(number) for number in form.answers.data} if "answers" in form else set()
    keys: dict[UUID, set[str]] = {}
    for number in ticked:
        for programme_id, key in asked[number].places:
            keys.setdefault(programme_id, set()).add(key)
    return {programme_id: frozenset(found) for programme_id, found in keys.items()}
