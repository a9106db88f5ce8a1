"""Charts are well-formed SVG that shows every row and point where its value puts it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.chart import bars, lines, number, ticks

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [("ours <1>", 0.013), ("theirs & others", 0.13), ("slow", 1.3)]


def widths(svg: str) -> list[float]:
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    return [float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect")][1:]


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_bars_are_as_long_as_their_values() -> None:
    """Tenfold is ten times as long, or with a logarithmic scale one even step longer."""
    short, middle, long = widths(bars("T", "ms", ROWS, highlight="ours <1>"))
    assert long / middle == pytest.approx(10, rel=0.01)
    assert middle / short == pytest.approx(10, rel=0.02)
    short, middle, long = widths(bars("T", "ms", ROWS, highlight=None, log=True))
    assert middle - short == pytest.approx(long - middle, abs=0.2)


def test_bars_name_every_row_and_value() -> None:
    """Labels with markup in them, values, title, unit and note are all there to be read."""
    shown = texts(bars("Title", "ms", ROWS, highlight="slow", note="One & the same."))
    assert {"Title", "ms", "One & the same.", "0.013", "0.13", "1.3"} <= set(shown)
    assert {label for label, _ in ROWS} <= set(shown)


def test_a_chart_of_nothing_is_refused() -> None:
    """No rows, no points, and a zero on a logarithmic scale are mistakes of the caller."""
    with pytest.raises(ValueError):
        bars("T", "ms", [], highlight=None)
    with pytest.raises(ValueError):
        bars("T", "ms", [("zero", 0.0)], highlight=None, log=True)
    with pytest.raises(ValueError):
        lines("T", "x", "y", {"empty": []})


def test_lines_keep_order_and_stay_inside() -> None:
    """Rising values rise, and no point leaves the picture; one level line is drawn too."""
    svg = lines("T", "minutes", "MiB", {"up": [(0, 1), (1, 5), (2, 9)], "level": [(0, 4), (2, 4)]})
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own text
    up, level = (
        [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        for line in root.iter(f"{SVG}polyline")
    )
    assert up[0][0] < up[1][0] < up[2][0] <= float(root.attrib["width"])
    assert 0 < up[2][1] < up[1][1] < up[0][1] <= float(root.attrib["height"])
    assert level[0][1] == level[1][1]
    assert {"up", "level", "minutes", "MiB"} <= set(texts(svg))


def test_ticks_are_round_and_enclose_the_values() -> None:
    """Of any range, a single value and zero included."""
    assert ticks(0, 97.3, 5) == [0, 20, 40, 60, 80, 100]
    assert ticks(61.2, 63.1, 4)[0] <= 61.2
    assert ticks(61.2, 63.1, 4)[-1] >= 63.1
    assert ticks(5, 5, 5)[0] <= 5 <= ticks(5, 5, 5)[-1]
    assert len(ticks(0, 0, 5)) >= 2


def test_numbers_keep_three_digits() -> None:
    """Small ones too, and large ones all of their integer part."""
    numbers = [0, 0.000123, 0.0130, 1.5, 97.36, 1234.5]
    assert [number(value) for value in numbers] == [
        "0",
        "0.000123",
        "0.013",
        "1.5",
        "97.4",
        "1,234",
    ]
