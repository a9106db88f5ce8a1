"""Calls of the gateway's API: tokens, retries, problems."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx

from asset_gateway._io import IO
from asset_gateway.errors import TransferError, problem

ATTEMPTS = 5
_LONGEST_WAIT_SECONDS = 60.0
#: Said before anything was done, so that any call may be made again.
_NOT_DONE = frozenset({429, 503})
_UNKNOWN = frozenset({502, 504})


def pause(attempt: int) -> float:
    """Seconds before the next attempt: longer each time, and spread among clients."""
    return min(0.25 * 2.0**attempt, 8.0) * random.uniform(0.5, 1.0)  # noqa: S311


class Calls:
    """One gateway, and for whom it is called."""

    def __init__(self, io: IO, base_url: str, act_as: str | None) -> None:
        self.io = io
        self._base_url = base_url.rstrip("/")
        self.act_as = act_as

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: dict[str, Any] | None = None,
        act_as: str | None = None,
        repeatable: bool = True,
    ) -> Any:
        """The answer's JSON, None for an empty one. Raises ``ProblemError``, ``TransferError``.

        A call that is not ``repeatable`` is not made again when it may have been carried out.
        """

        async def send() -> httpx.Response:
            headers = await self._headers(act_as)
            asked = {name: value for name, value in (params or {}).items() if value is not None}
            return await self.io.send(
                method, self._base_url + path, body=None, headers=headers, json=json, params=asked
            )

        answer = await self._patiently(send, repeatable=repeatable)
        return answer.json() if answer.content else None

    async def lines(self, path: str) -> AsyncGenerator[str, None]:
        """The lines of a GET's answer as they come; raises as a call does, ``TransferError`` also
        for an answer that breaks off."""

        async def begin() -> httpx.Response:
            return await self.io.begin(self._base_url + path, await self._headers(None))

        answer = await self._patiently(begin, repeatable=True)
        try:
            async with aclosing(self.io.lines(answer)) as lines:
                async for line in lines:
                    yield line
        except httpx.TransportError as error:
            raise TransferError(f"the gateway: {type(error).__name__}") from error

    async def _patiently(
        self, send: Callable[[], Awaitable[httpx.Response]], *, repeatable: bool
    ) -> httpx.Response:
        """The first answer that is a success, of as many as it takes."""
        renewed = False
        attempt = 0
        while True:
            try:
                answer = await send()
            except httpx.TransportError as error:
                never_began = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
                if attempt + 1 >= ATTEMPTS or not (repeatable or never_began):
                    raise TransferError(f"the gateway: {type(error).__name__}") from error
                wait = pause(attempt)
            else:
                if answer.is_success:
                    return answer
                if answer.status_code == 401 and not renewed and await self._renew_token():
                    renewed = True
                    continue
                failure = _problem_of(answer)
                again = answer.status_code in _NOT_DONE or (
                    repeatable and answer.status_code in _UNKNOWN
                )
                wait = failure.retry_after if failure.retry_after is not None else pause(attempt)
                if not again or attempt + 1 >= ATTEMPTS or wait > _LONGEST_WAIT_SECONDS:
                    raise failure
            attempt += 1
            await self.io.sleep(wait)

    async def _headers(self, act_as: str | None) -> dict[str, str]:
        headers = {"authorization": f"Bearer {await self.io.token()}"}
        if user := act_as or self.act_as:
            headers["x-act-as-sub"] = user
        return headers

    async def _renew_token(self) -> bool:
        """Have a token that was refused replaced, if it can be."""
        forget = getattr(getattr(self.io, "_token", None), "forget", None)
        if forget is not None:
            forget()
        return callable(getattr(self.io, "_token", None))


def _problem_of(answer: httpx.Response) -> Any:
    try:
        document = answer.json()
    except ValueError:  # of something between here and the gateway
        document = {}
    after = answer.headers.get("retry-after", "")
    return problem(
        answer.status_code,
        document,
        request_id=answer.headers.get("x-request-id", ""),
        retry_after=float(after) if after.isdigit() else None,
    )
