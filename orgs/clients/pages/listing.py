"""Finding a client: the list, and a search whose words are kept nowhere."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.paging import Cursor
from app.http.session import actor, transaction
from orgs.areas.queries import area_names
from orgs.clients import policy, queries, shown
from orgs.clients.forms import SearchForm
from orgs.clients.pages.blueprint import bp
from orgs.clients.views import ClientLine
from orgs.staff.queries import staff_names

_VIEWS = ("all", "mine", "archived")


@bp.get("")
def index() -> ResponseReturnValue:
    """Whom I work with, latest change first."""
    view = request.args.get("view", "")
    view = view if view in _VIEWS else "all"
    with transaction() as session:
        cursor = Cursor.parse(request.args.get("after"))
        page = queries.page(session, actor(), cursor, archived=view == "archived", mine=view == "mine")
        further = url_for("clients.index", view=view, after=page.next) if page.next else ""
        return render_template(
            "clients/list.html",
            search=SearchForm(formdata=None),
            lines=page.rows,
            view=view,
            further=further,
            sees_all=policy.sees_all(actor()),
            areas=area_names(session, _codes(page.rows)),
            workers=staff_names(session, actor().org_id, (line.worker_id for line in page.rows)),
            place=shown.place,
        )


@bp.route("/search", methods=["GET", "POST"])
def search() -> ResponseReturnValue:
    """What was found. Rendered by the POST itself: the words stand in no address, cookie or row."""
    form = SearchForm()
    if not form.sent_well() or not form.words.data:
        return redirect(url_for("clients.index"), code=303)
    with transaction() as session:
        found = queries.search(session, actor(), form.words.data)
        return render_template(
            "clients/found.html",
            search=form,
            lines=found.lines,
            more=found.more,
            sees_all=policy.sees_all(actor()),
            areas=area_names(session, _codes(found.lines)),
            workers=staff_names(session, actor().org_id, (line.worker_id for line in found.lines)),
            place=shown.place,
        )


def _codes(lines: tuple[ClientLine, ...]) -> set[str | None]:
    return {code for line in lines if line.area for code in (line.area, line.area[:4])}
