"""Waiting by asyncio."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from asset_gateway._io import Body, Job, T, Token


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

    async def begin(self, url: str, headers: dict[str, str]) -> httpx.Response:
        request = self.http.build_request("GET", url, headers=headers)
        answer = await self.http.send(request, stream=True)
        if not answer.is_success:
            try:
                await answer.aread()
            finally:
                await answer.aclose()
        return answer

    async def lines(self, answer: httpx.Response) -> AsyncGenerator[str, None]:
        try:
            async for line in answer.aiter_lines():
                yield line
        finally:
            await answer.aclose()

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
