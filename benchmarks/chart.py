"""Charts as SVG text, for the pages under ``docs/``: horizontal bars, and lines over an axis.

Each chart is a card with its own background, so that it reads on any page, and follows the
reader's light or dark mode. Widths of text are estimated, for no font is at hand.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from benchmarks.chart_style import LIGHT, STYLE

WIDTH = 760
MARGIN = 24
LETTER = 7.1
"""Pixels of a letter of 13 pixels, on the wide side of average."""


def bars(
    title: str,
    unit: str,
    rows: Sequence[tuple[str, float]],
    *,
    highlight: str | None,
    note: str = "",
    log: bool = False,
) -> str:
    """One horizontal bar a row ``(label, value)``, in the order given, each with its value.

    ``unit`` stands below the title; the row labelled ``highlight`` is drawn in colour, or all are
    when it is None. With ``log`` a tenfold value is one step further, and the steps are drawn.
    Raises ValueError for no rows, a negative value, or one of 0 with ``log``.
    """
    values = [value for _, value in rows]
    if not rows or min(values) < 0 or (log and min(values) == 0):
        raise ValueError("bars need rows, of values above 0")
    left = MARGIN + LETTER * max(len(label) for label, _ in rows) + 10
    room = WIDTH - MARGIN - LETTER * max(len(number(value)) for value in values) - 8 - left
    low, high = _decades(values) if log else (0, max(values) or 1)
    top, step, thick = 78, 32, 20
    bottom = top + step * len(rows)

    def length(value: float) -> float:
        return room * ((math.log10(value) if log else value) - low) / (high - low)

    drawn = []
    for decade in range(int(low), int(high) + 1) if log else ():
        x = left + length(10**decade)
        drawn.append(_line(x, top - 4, x, bottom - 6, "grid"))
        drawn.append(_text(x, bottom + 12, number(10**decade), "small", "middle"))
    for at, (label, value) in enumerate(rows):
        y = top + step * at
        style, bold = ("s0", " strong") if highlight in (None, label) else ("rest", "")
        bold = bold if highlight else ""
        drawn.append(_text(left - 10, y + 15, label, f"label{bold}", "end"))
        drawn.append(
            f'<rect class="{style}" x="{left:.1f}" y="{y}" '
            f'width="{max(length(value), 1.5):.1f}" height="{thick}" rx="2"/>'
        )
        end = left + length(value) + 8
        drawn.append(_text(end, y + 15, number(value), f"label{bold}"))
    drawn.append(_line(left, top - 4, left, bottom - 6, "axis"))
    scale = f"{unit}; logarithmic scale" if log else unit
    return _card(title, scale, drawn, bottom + (24 if log else 4), note)


def lines(
    title: str,
    x_label: str,
    y_label: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    note: str = "",
    from_zero: bool = True,
) -> str:
    """One line a series, of points ``(x, y)`` in rising order of x, named in a legend.

    The y axis begins at 0, or with ``from_zero=False`` near the least value.
    Raises ValueError for no points, or more than six series.
    """
    points = [point for line in series.values() for point in line]
    if not points or len(series) > len(LIGHT):
        raise ValueError("lines need points, in at most six series")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x_ticks = ticks(min(xs), max(xs), 8)
    y_ticks = ticks(min(0.0, *ys) if from_zero else min(ys), max(ys), 5)
    legend, top = _legend(series)
    left = MARGIN + LETTER * max(len(number(tick)) for tick in y_ticks) + 12
    right, height = WIDTH - MARGIN - 8, 260

    def x_at(x: float) -> float:
        return left + (right - left) * (x - min(xs)) / ((max(xs) - min(xs)) or 1)

    def y_at(y: float) -> float:
        return top + height * (1 - (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]))

    drawn = legend
    for tick in y_ticks:
        drawn.append(_line(left, y_at(tick), right, y_at(tick), "grid"))
        drawn.append(_text(left - 10, y_at(tick) + 4, number(tick), "small", "end"))
    for tick in x_ticks:
        if min(xs) <= tick <= max(xs):
            drawn.append(_line(x_at(tick), top + height, x_at(tick), top + height + 5, "axis"))
            drawn.append(_text(x_at(tick), top + height + 20, number(tick), "small", "middle"))
    drawn.append(_line(left, top + height, right, top + height, "axis"))
    drawn.append(_text((left + right) / 2, top + height + 42, x_label, "small", "middle"))
    for at, line in enumerate(series.values()):
        path = " ".join(f"{x_at(x):.1f},{y_at(y):.1f}" for x, y in line)
        drawn.append(f'<polyline class="line l{at}" points="{path}"/>')
    return _card(title, y_label, drawn, top + height + 46, note)


def number(value: float) -> str:
    """``value`` with three significant digits, or all of a larger integer part: 0.0123, 1,234."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers in even steps that enclose ``low`` to ``high``: about so many steps."""
    rough = ((high - low) or abs(high) or 1) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(at * step, 10) for at in range(first, max(last, first + 1) + 1)]


def _decades(values: Iterable[float]) -> tuple[int, int]:
    """The powers of ten around the values; the least value gets a visible bar."""
    logs = [math.log10(value) for value in values]
    low = math.floor(min(logs) - 0.15)
    return low, max(math.ceil(max(logs) - 1e-9), low + 1)


def _legend(names: Iterable[str]) -> tuple[list[str], int]:
    """The legend's elements and where the plot below it may begin."""
    drawn, x, y = [], float(MARGIN), 80
    for at, name in enumerate(names):
        wide = 28 + LETTER * len(name) + 18
        if x > MARGIN and x + wide > WIDTH - MARGIN:
            x, y = MARGIN, y + 22
        drawn.append(f'<path class="line l{at}" d="M{x:.1f} {y}h20"/>')
        drawn.append(_text(x + 28, y + 4, name, "label"))
        x += wide
    return drawn, y + 24


def _text(x: float, y: float, text: str, style: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text class="{style}" {place}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _card(title: str, subtitle: str, drawn: Sequence[str], bottom: float, note: str) -> str:
    """The document around the drawing: background, headings and the note below."""
    notes = textwrap.wrap(note, 112)
    height = bottom + MARGIN + 18 * len(notes)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img" aria-label={quoteattr(title)}>',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1:.0f}" rx="8"/>',
        _text(MARGIN, 36, title, "title"),
        _text(MARGIN, 58, subtitle, "small"),
        *drawn,
        *(_text(MARGIN, bottom + 24 + 18 * at, line, "note") for at, line in enumerate(notes)),
        "</svg>",
    ]
    return "\n".join(body) + "\n"
