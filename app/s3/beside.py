"""Calls to the store beside each other: what does not wait for an answer is asked meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

#: All that there are. With the requests that one user may have in work
#: (``app/limits/concurrency.py``) fewer than there are places before the store (``bulkhead``):
#: others need some meanwhile (T55).
_HELPERS = 4
_free = threading.BoundedSemaphore(_HELPERS)
#: Its threads start as they are first needed, and so after gunicorn's fork. They are kept: to start
#: and end one for each call took 120 µs of the processor, and this takes 50.
_helpers = ThreadPoolExecutor(_HELPERS, "beside")

T = TypeVar("T")


@contextmanager
def beside(work: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Do ``work`` beside the block. What is given is to be called once, behind the block, for what
    came of it: it returns, or raises, what ``work`` does.

    Where helpers are short the work is done when it is called for; so nothing may need its being
    done earlier. A block that fails ends when the work has ended.
    """
    if not _free.acquire(blocking=False):
        yield work
        return
    try:
        helped = _helpers.submit(work)
        try:
            yield helped.result
        finally:
            wait([helped])
    finally:
        _free.release()


def helping(work: Callable[[], None], most: int) -> Iterator[Future[None]]:
    """Have up to ``most`` helpers do ``work``, as far as they are free."""

    def help_out() -> None:
        try:
            work()
        finally:
            _free.release()

    for _ in range(most):
        if not _free.acquire(blocking=False):
            return
        yield _helpers.submit(help_out)
