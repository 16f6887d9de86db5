"""The organisations of the demo network. Their people are invented."""

from __future__ import annotations

from app.demo.house import House, Member, roles
from app.demo.houses.health_centres import CHBAR_AMPOV, PHSAR_DAEUM_THKOV, TUEK_THLA
from app.demo.houses.hospital import HOSPITAL
from app.demo.houses.korsang import KORSANG
from app.demo.houses.mith_samlanh import MITH_SAMLANH
from app.demo.houses.others import OFFICES, ROMDUOL

STEWARD = House(
    key="network",
    kind="steward",
    prefix="ST",
    km="អ្នកសម្របសម្រួលបណ្ដាញ",
    en="Network steward",
    area=None,
    members=(Member("Som Sina", "sina", roles("steward", "manager"), language="en"),),
)

HOUSES: tuple[House, ...] = (
    KORSANG,
    MITH_SAMLANH,
    HOSPITAL,
    PHSAR_DAEUM_THKOV,
    CHBAR_AMPOV,
    TUEK_THLA,
    ROMDUOL,
    *OFFICES,
)
"""All but the steward's, whom every network has from its first day."""
