"""Many calls to the store for one request: some at a time, so that others find places, too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import wait
from typing import TypeVar

from app.domain.errors import Problem
from app.s3.beside import helping

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """``work`` on all ``items``, in order: by this thread, and as many helpers as are free, which
    all calls have in common (T55).

    Nothing begins after a failure; the first one is raised when all that began has ended.
    """
    some = list(items)
    turns, lock = iter(range(len(some))), threading.Lock()
    results: dict[int, Result] = {}
    failures: dict[int, BaseException] = {}

    def take_turns() -> None:
        while not failures:
            with lock:
                turn = next(turns, None)
            if turn is None:
                return
            try:
                results[turn] = work(some[turn])
            except BaseException as error:
                failures[turn] = error

    helped = [*helping(take_turns, len(some) - 1)]
    take_turns()
    wait(helped)
    if failures:
        raise failures[min(failures)]
    return [results[turn] for turn in range(len(some))]


def each_by_itself(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result | Problem]:
    """As ``in_parallel``, but that a problem stands in its own item's place (T63)."""

    def attempt(item: Item) -> Result | Problem:
        try:
            return work(item)
        except Problem as problem:
            return problem

    return in_parallel(attempt, items)
