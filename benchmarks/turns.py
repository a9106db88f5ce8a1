"""Contenders within this process, one after the other in each round."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

Contender = Callable[[], int]
"""Does something new and returns how often."""
Prepare = Callable[[], Contender]
"""Makes new input, before the watch is started, and what is to be timed on it."""
Measured = Callable[[], float]
"""Does something in another process and returns what one took, in CPU microseconds."""


def take_turns(
    prepared: Mapping[str, Prepare], rounds: int, *, beside: Mapping[str, Measured] | None = None
) -> dict[str, list[float]]:
    """CPU microseconds a time, by contender, one figure a round; three rounds warm up."""
    others = beside or {}
    figures: dict[str, list[float]] = {name: [] for name in (*prepared, *others)}
    for turn in range(-3, rounds):
        for name, prepare in prepared.items():
            run = prepare()
            started = time.process_time()
            done = run()
            if turn >= 0:
                figures[name].append((time.process_time() - started) / done * 1e6)
        for name, measured in others.items():
            taken = measured()
            if turn >= 0:
                figures[name].append(taken)
    return figures


def medians(figures: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: median(own) for name, own in figures.items()}


def ratio(own: list[float], other: list[float]) -> float:
    """The median of the rounds' ratios: a round that the machine slowed has slowed both."""
    return median(a / b for a, b in zip(own, other, strict=True))
