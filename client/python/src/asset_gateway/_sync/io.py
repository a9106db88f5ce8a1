"""Waiting by blocking, and threads for what runs at once.

No coroutine over ``SyncIO`` ever suspends, so that ``run`` can drive it to its end at once, and
``iterate`` an async generator from item to item.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from asset_gateway._io import Body, Job, T


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The end of a coroutine over ``SyncIO``."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    raise RuntimeError("an operation waited outside its IO")  # pragma: no cover


def iterate(items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """What an async generator over ``SyncIO`` yields; it ends when this does."""
    try:
        while True:
            try:
                item = run(_next(items))
            except StopAsyncIteration:
                return
            yield item
    finally:
        run(_end(items))


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)


async def _end(items: AsyncGenerator[Any, None]) -> None:
    await items.aclose()


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

    async def begin(self, url: str, headers: dict[str, str]) -> httpx.Response:
        request = self.http.build_request("GET", url, headers=headers)
        answer = self.http.send(request, stream=True)
        if not answer.is_success:
            try:
                answer.read()
            finally:
                answer.close()
        return answer

    async def lines(self, answer: httpx.Response) -> AsyncGenerator[str, None]:
        try:
            for line in answer.iter_lines():
                yield line
        finally:
            answer.close()

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
