"""The picture of a run: one group of bars for each case, one bar for each size, milliseconds to the right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

Group = tuple[str, Sequence[tuple[str, float]]]
_LEFT, _WIDE, _BAR, _GAP = 290, 560, 13, 12
_COLOURS = ("#1d70b8", "#00703c", "#b58840")


def picture(groups: Sequence[Group]) -> str:
    """An SVG. Each bar says its number, so that no scale has to be read."""
    longest = max((value for _, bars in groups for _, value in bars), default=1.0)
    height = sum(len(bars) * _BAR + _GAP for _, bars in groups) + 40
    shapes = "\n".join(_shapes(groups, _WIDE / longest))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDE + 90} {height}" '
        'font-family="sans-serif" font-size="12" role="img">\n'
        "<title>Median milliseconds of each case at each size</title>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{shapes}\n</svg>\n'
    )


def _shapes(groups: Sequence[Group], scale: float) -> Iterator[str]:
    at = 12
    for about, bars in groups:
        middle = at + len(bars) * _BAR / 2 + 4
        yield f'<text x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(about)}</text>'
        for number, (size, value) in enumerate(bars):
            wide, colour = max(value * scale, 1), _COLOURS[number % len(_COLOURS)]
            yield f'<rect x="{_LEFT}" y="{at}" width="{wide:.1f}" height="{_BAR - 2}" fill="{colour}"/>'
            yield (
                f'<text x="{_LEFT + wide + 5:.1f}" y="{at + _BAR - 3}" font-size="10">'
                f"{value:.1f} ms at {escape(size)}</text>"
            )
            at += _BAR
        at += _GAP
