"""Coroutines in tests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def finish(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What ``work`` returns, run in a thread of its own: in a process that has a browser open,
    Playwright's event loop already runs in the main one."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(asyncio.run, work).result()
