"""The first step: programmes that fit, with the reasons, and a choice of up to three."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, get_template_attribute, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound
from app.http.filters import in_language
from app.http.session import actor, reading, transaction
from orgs.areas.queries import area_names
from orgs.clients.queries import client_values
from orgs.clients.views import ClientView
from orgs.programmes import queries as directory
from orgs.programmes import shown
from orgs.programmes.criteria import Fits, Match, Reason
from orgs.programmes.queries import Filters
from orgs.programmes.records import ProgrammeView
from orgs.programmes.words import FITS
from referrals.sending import drafts
from referrals.sending.forms import ChooseForm
from referrals.sending.pages.blueprint import bp, steps

_COLOURS = {Fits.YES: "green", Fits.UNKNOWN: "yellow", Fits.NO: "grey"}


@bp.route("/send/for/<uuid:client_id>", methods=["GET", "POST"])
def start(client_id: UUID) -> ResponseReturnValue:
    """Begin: nothing is kept before a programme is chosen. `after`: the referral that this is the next step of."""
    with reading() as session:
        client = client_values(session, actor(), client_id)
        form = _form(session, client, {"after": request.args.get("after", "")})
        begun = drafts.drafts(session, actor(), client_id=client_id)
    if _chosen(form):
        with form.taking_errors(), transaction() as session:
            draft_id = drafts.start(session, actor(), client_id, _ids(form), previous_id=_uuid(form.after.data))
        if not form.errors:
            return redirect(url_for("sending.needs", draft_id=draft_id), code=303)
    back = url_for("clients.show", client_id=client_id)
    return _page(form, client, back=back, begun=begun), form.status


@bp.route("/send/<uuid:draft_id>/programmes", methods=["GET", "POST"])
def programmes(draft_id: UUID) -> ResponseReturnValue:
    """Choose otherwise."""
    with reading() as session:
        draft = drafts.read(session, actor(), draft_id)
        first, second, third = (*map(str, draft.body.programmes), None, None)[:3]
        form = _form(session, draft.client, {"programme": first, "second": second, "third": third})
    if _chosen(form):
        with form.taking_errors(), transaction() as session:
            drafts.choose(session, actor(), draft_id, _ids(form))
        if not form.errors:
            return redirect(url_for("sending.needs", draft_id=draft_id), code=303)
    return _page(form, draft.client, back=url_for("sending.needs", draft_id=draft_id), begun=[]), form.status


@bp.get("/send/<uuid:draft_id>")
def resume(draft_id: UUID) -> ResponseReturnValue:
    """Go on where the draft stopped."""
    with transaction() as session:
        body = drafts.read(session, actor(), draft_id).body
    step = "review" if body.consents else "consent" if body.asked else "needs"
    return redirect(url_for(f"sending.{step}", draft_id=draft_id), code=303)


@bp.post("/send/<uuid:draft_id>/discard")
def discard(draft_id: UUID) -> ResponseReturnValue:
    """Throw the draft away."""
    with transaction() as session:
        client_id = drafts.read(session, actor(), draft_id).client.id
        drafts.discard(session, actor(), draft_id)
    flash(gettext("The draft is gone. Permissions that were given stay on the person's page."))
    return redirect(url_for("clients.show", client_id=client_id), code=303)


def _form(session: Session, client: ClientView, data: dict[str, Any]) -> ChooseForm:
    form = ChooseForm(data=data)
    locale = get_locale()
    found = [
        (view, match)
        for view, match in directory.matching(
            session,
            client.record.match_facts(),
            Filters(service=form.service.data if request.method == "POST" else None),
            reads=locale.language if locale else "km",
        )
        if view.org_id != actor().org_id
    ]
    areas = area_names(session, shown.area_codes(view for view, _match in found))
    draw = get_template_attribute("sending/parts.html", "offer")
    hints = {str(view.id): Markup(draw(_offer(view, match, areas))) for view, match in found}  # noqa: S704 - a macro's
    form.offer(
        ((str(view.id), in_language(view.name), in_language(view.org_name)) for view, _match in found), hints
    )  # fmt: skip
    return form


def _offer(view: ProgrammeView, match: Match, areas: Any) -> dict[str, Any]:
    """What the page says of one programme: whether there is room, how it answers, and why it fits or not."""
    reasons = sorted(match.reasons, key=lambda reason: list(Fits).index(reason.fits), reverse=True)
    return {
        "room": shown.room(view),
        "fits": (gettext(FITS[match.fits]), _COLOURS[match.fits]),
        "about": [in_language(view.org_name), shown.service(view), shown.place(view, areas)],
        "answers": [
            gettext("Promises an answer within %(time)s", time=shown.working_time(view.response_minutes)),
            shown.answers(view.record) if view.record else "",
            shown.today(view.hours, clock.now()),
        ],
        "reasons": [(reason.fits.value, _sentence(reason)) for reason in reasons if _tells(reason)],
    }


def _tells(reason: Reason) -> bool:
    """That they speak the person's language is the rule; only the exception is worth a line."""
    return reason.code != "language" or reason.fits is not Fits.YES


def _sentence(reason: Reason) -> str:
    return str(gettext(reason.message, **reason.params))


def _chosen(form: ChooseForm) -> bool:
    """Sent to choose, and not only to filter."""
    return "show" not in request.form and form.sent_well()


def _ids(form: ChooseForm) -> tuple[UUID, ...]:
    wanted = (form.programme.data, form.second.data, form.third.data)
    return tuple(UUID(one) for one in wanted if one)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound from None


def _page(form: ChooseForm, client: ClientView, *, back: str, begun: list[drafts.DraftLine]) -> str:
    return render_template(
        "sending/choose.html", form=form, client=client, back=back, begun=begun, steps_of=steps()
    )  # fmt: skip
