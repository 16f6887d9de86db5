"""Ids and codes that fall the same way each time, so that two organisations' rows have the same ids.

Row security must hold, and keys must not collide, whatever another organisation's rows are called: B is given the
very ids that A draws next.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from uuid import UUID

import pytest

from app.core import ids


@contextmanager
def rolled(seed: str, known: set[UUID]) -> Iterator[None]:
    """Inside the block new ids and codes follow from `seed`. Each id goes into `known`. Tokens stay secret."""
    dice = random.Random(seed)  # noqa: S311 - no secret: tokens stay secret

    def roll() -> UUID:
        made = UUID(int=dice.getrandbits(128), version=4)
        known.add(made)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "uuid4", roll)
        patch.setattr(ids, "secrets", SimpleNamespace(choice=dice.choice, token_urlsafe=secrets.token_urlsafe))
        yield
