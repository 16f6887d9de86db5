"""Published uptake as a page, the same for partners and for officials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date
from flask import render_template, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.http.filters import in_language
from app.http.session import transaction
from orgs.areas.queries import area_names
from referrals.uptake import pictures, queries
from referrals.uptake.pictures import Label, Picture
from referrals.uptake.queries import ReleaseName

Bars = list[tuple[str, int | None, str]]


@dataclass(frozen=True)
class Chart:
    """A picture in the reader's language, as the macro `bar_chart` takes it."""

    rows: Bars
    note: str


def show(template: str, kind: str, period: str, **more: Any) -> str:
    """Render `template` with one release, the newest unless another is asked for. Raises NotFound."""
    with transaction() as session:
        names = queries.releases(session)
        now = _asked(names, kind, period)
        charts = _charts(session, now) if now else {}
        return render_template(template, release=now, periods=_periods(names, now), spell=spell, **charts, **more)


def spell(name: ReleaseName) -> str:
    """Sep 2026, or Jul–Sep 2026."""
    last = format_date(name.last, "LLL y", locale=get_locale())
    if name.starts.month == name.last.month:
        return last
    return f"{format_date(name.starts, 'LLL', locale=get_locale())}–{last}"


def _periods(names: list[ReleaseName], now: ReleaseName | None) -> list[tuple[str, str, None, bool]]:
    """The switch between periods; the address is that of the pages that ask, partners' or officials'."""
    return [(url_for(".period", kind=name.kind, period=name.period), spell(name), None, name == now) for name in names]


def _asked(names: list[ReleaseName], kind: str, period: str) -> ReleaseName | None:
    if not kind:
        return names[0] if names else None
    found = next((name for name in names if (name.kind, name.period) == (kind, period)), None)
    if found is None:
        raise NotFound
    return found


def _charts(session: Session, now: ReleaseName) -> dict[str, Any]:
    cut = queries.release(session, now.kind, now.period)
    khans, branches = pictures.by_khan(cut), pictures.branches(cut)
    names = area_names(session, khans.areas)

    def called(label: Label) -> str:
        if label.area is None:
            return str(gettext(label.words))
        return in_language(names[label.area].names) if label.area in names else label.area

    draw = _drawing(called, cut["k"])
    return {
        "k": cut["k"],
        "base": cut["rounded_to"],
        "cascade": draw(pictures.cascade(cut)),
        "by_khan": draw(khans),
        "by_service": draw(pictures.by_services(cut)),
        "heard": draw(pictures.heard(cut)),
        "branches": [(called(branch.label), draw(branch.picture)) for branch in branches],
    }


def _drawing(called: Callable[[Label], str], k: int) -> Callable[[Picture], Chart]:
    def draw(picture: Picture) -> Chart:
        rows: Bars = [(called(row.label), row.count, "") for row in picture.rows]
        return Chart(rows, " ".join(gettext(note, k=k) for note in picture.notes))

    return draw
