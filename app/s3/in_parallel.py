"""Many calls to the store for one request: some at a time, so that others find places, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.domain.errors import Problem
from app.s3.bulkhead import PLACES_PER_CALL

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """``work`` on all ``items``, in order. Raises the first failure; nothing begins after it."""
    some = list(items)
    if len(some) < 2:
        return [work(item) for item in some]
    with ThreadPoolExecutor(PLACES_PER_CALL) as workers:
        futures = [workers.submit(work, item) for item in some]
        try:
            return [future.result() for future in futures]
        except BaseException:
            workers.shutdown(cancel_futures=True)
            raise


def each_by_itself(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result | Problem]:
    """As ``in_parallel``, but that a problem stands in its own item's place (T63)."""

    def attempt(item: Item) -> Result | Problem:
        try:
            return work(item)
        except Problem as problem:
            return problem

    return in_parallel(attempt, items)
