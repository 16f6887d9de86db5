"""Loading the official list of areas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import N_, Invalid
from orgs.areas.models import Area


def import_areas(session: Session, data: Mapping[str, Any]) -> int:
    """Add or rename areas from {province, khans: [{code, km, latin, sangkats}]}; returns how many there were.

    Villages are left out on purpose. Raises Invalid when the shape or a code is wrong; then nothing is taken.
    """
    rows = list(_rows(data))
    statement = insert(Area)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Area.code],
            set_={"name_km": statement.excluded.name_km, "name_en": statement.excluded.name_en},
        ),
        rows,
    )
    return len(rows)


def _rows(data: Mapping[str, Any]) -> Iterator[dict[str, str | None]]:
    try:
        province = data["province"]
        yield _row(province, None, 2)
        for khan in data["khans"]:
            yield _row(khan, province["code"], 4)
            for sangkat in khan["sangkats"]:
                yield _row(sangkat, khan["code"], 6)
    except (KeyError, TypeError) as error:
        raise Invalid(N_("The file is not a list of areas.")) from error


def _row(area: Mapping[str, Any], parent: str | None, length: int) -> dict[str, str | None]:
    code, km, latin = area["code"], area["km"], area["latin"]
    names = isinstance(km, str) and isinstance(latin, str) and km.strip() and latin.strip()
    right = isinstance(code, str) and code.isdecimal() and len(code) == length and code.startswith(parent or "")
    if not (right and names):
        raise Invalid(N_("An area's code or name is wrong: %(code)s."), code=str(code)[:12])
    return {"code": code, "parent": parent, "name_km": km.strip(), "name_en": latin.strip()}
