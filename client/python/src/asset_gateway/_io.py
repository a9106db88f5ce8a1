"""The two ways to wait: each operation is written once, as a coroutine over one of these.

With ``SyncIO`` no coroutine ever suspends, so that ``run`` can drive it to its end at once.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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

    async def token(self) -> str: ...

    async def sleep(self, seconds: float) -> None: ...

    async def gather(self, jobs: Sequence[Job[T]], at_once: int) -> list[T]:
        """All of them, some at once; the first failure ends it, once those begun have ended."""

    async def blocking(self, call: Callable[[], T]) -> T:
        """A call that takes a while, such as reading a file."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The end of a coroutine over ``SyncIO``."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise RuntimeError("an operation waited outside its IO")  # pragma: no cover


class SyncIO:
    """Blocking, and threads for what runs at once."""

    def __init__(self, http: httpx.Client, token: str | Callable[[], str]) -> None:
        self.http = http
        self._token = token

    async def send(
        self, method: str, url: str, *, body: Body | None, **options: Any
    ) -> httpx.Response:
        return self.http.request(method, url, content=body() if body else None, **options)

    async def save(self, url: str, headers: dict[str, str], to: Path) -> httpx.Response:
        with self.http.stream("GET", url, headers=headers) as answer:
            if answer.status_code in (200, 206):
                with to.open("ab" if answer.status_code == 206 else "wb") as file:
                    for data in answer.iter_bytes():
                        file.write(data)
            return answer

    async def token(self) -> str:
        return self._token if isinstance(self._token, str) else self._token()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def gather(self, jobs: Sequence[Job[T]], at_once: int) -> list[T]:
        if len(jobs) < 2 or at_once < 2:
            return [await job() for job in jobs]
        with ThreadPoolExecutor(at_once, thread_name_prefix="asset-gateway") as pool:
            futures = [pool.submit(lambda job=job: run(job())) for job in jobs]  # type: ignore[misc]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    async def blocking(self, call: Callable[[], T]) -> T:
        return call()


class AsyncIO:
    """asyncio's own; files are read in threads."""

    def __init__(self, http: httpx.AsyncClient, token: Token) -> None:
        self.http = http
        self._token = token

    async def send(
        self, method: str, url: str, *, body: Body | None, **options: Any
    ) -> httpx.Response:
        content = _threaded(body()) if body else None
        return await self.http.request(method, url, content=content, **options)

    async def save(self, url: str, headers: dict[str, str], to: Path) -> httpx.Response:
        async with self.http.stream("GET", url, headers=headers) as answer:
            if answer.status_code in (200, 206):
                file = await asyncio.to_thread(to.open, "ab" if answer.status_code == 206 else "wb")
                try:
                    async for data in answer.aiter_bytes():
                        await asyncio.to_thread(file.write, data)
                finally:
                    await asyncio.to_thread(file.close)
            return answer

    async def token(self) -> str:
        if isinstance(self._token, str):
            return self._token
        if inspect.iscoroutinefunction(self._token):
            found = await self._token()
        else:
            # It may ask the network, as ClientCredentials does.
            found = await asyncio.to_thread(self._token)
            if inspect.isawaitable(found):
                found = await found
        return str(found)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def gather(self, jobs: Sequence[Job[T]], at_once: int) -> list[T]:
        room = asyncio.Semaphore(at_once)

        async def bounded(job: Job[T]) -> T:
            async with room:
                return await job()

        tasks = [asyncio.ensure_future(bounded(job)) for job in jobs]
        try:
            return await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def blocking(self, call: Callable[[], T]) -> T:
        return await asyncio.to_thread(call)


async def _threaded(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    end = object()
    while (data := await asyncio.to_thread(next, chunks, end)) is not end:
        yield data  # type: ignore[misc]
