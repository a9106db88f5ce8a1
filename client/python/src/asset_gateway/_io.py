"""What operations wait for: each is written once, as a coroutine over one of the two ways to wait.

``_async.io`` is asyncio's, ``_sync.io`` blocks.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx

T = TypeVar("T")
Job = Callable[[], Coroutine[Any, Any, T]]
Body = Callable[[], Iterator[bytes]]
Token = str | Callable[[], str] | Callable[[], Awaitable[str]]


class IO(Protocol):
    """What operations wait for."""

    async def send(
        self, method: str, url: str, *, body: Body | None, **options: Any
    ) -> httpx.Response:
        """One request, with its answer read. ``body`` gives the bytes, and may be called again."""

    async def save(self, url: str, headers: dict[str, str], to: Path) -> httpx.Response:
        """One GET whose bytes are appended to a file, if it is a success."""

    async def begin(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """One GET; a success is not read yet, and is what ``lines`` is for."""

    def lines(self, answer: httpx.Response) -> AsyncGenerator[str, None]:
        """The lines of an answer as they come; closes it."""

    async def token(self) -> str: ...

    async def sleep(self, seconds: float) -> None: ...

    async def gather(self, jobs: Sequence[Job[T]], at_once: int) -> list[T]:
        """All of them, some at once; the first failure ends it, once those begun have ended."""

    async def blocking(self, call: Callable[[], T]) -> T:
        """A call that takes a while, such as reading a file."""
