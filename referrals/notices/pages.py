"""The bell's list, opening one notice, and reading them all."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.paging import Cursor
from app.http.session import actor, transaction
from referrals.notices import queries, use_cases
from referrals.notices.words import MAIL_FAILED, sentence
from referrals.status import queries as status
from referrals.status.words import task

bp = Blueprint("notices", __name__, url_prefix="/notices", template_folder="templates")


@bp.get("/")
def index() -> ResponseReturnValue:
    """The newest first."""
    with transaction() as session:
        page = queries.mine(session, actor(), Cursor.parse(request.args.get("after")))
        stopped = status.incidents(session, 1) if actor().has("steward") else []
        return render_template(
            "notices/index.html",
            page=page,
            sentence=sentence,
            later="after" in request.args,
            stopped=[one for one in stopped if one.closed_at is None],
            what=task,
        )


@bp.get("/<uuid:notice_id>")
def show(notice_id: UUID) -> ResponseReturnValue:
    """Where a notice and its mail lead: to the referral, the programme, or one's address. It is read from then on."""
    with transaction() as session:
        notice = use_cases.open_notice(session, actor(), notice_id)
    if notice.kind == MAIL_FAILED:
        return redirect(url_for("account.profile"), code=303)
    if notice.programme_id is not None:
        return redirect(url_for("programmes.show", programme_id=notice.programme_id, _anchor="over"), code=303)
    return redirect(url_for("referral.show", id=notice.referral_id), code=303)


@bp.post("/read")
def read_all() -> ResponseReturnValue:
    """Nothing is new any more."""
    with transaction() as session:
        use_cases.read_all(session, actor())
    return redirect(url_for("notices.index"), code=303)
