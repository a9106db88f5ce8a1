"""A call to the store beside another: what does not wait for an answer is asked meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

#: With the requests that one user may have in work (``app/limits/concurrency.py``) fewer than
#: there are places before the store (``bulkhead``): others need some meanwhile.
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
