"""Bytes to and from the store, by URLs that the gateway signed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import httpx

from asset_gateway._calls import ATTEMPTS, Calls, pause
from asset_gateway._sources import Source
from asset_gateway.errors import TransferError

Progress = Callable[[int, int], None]
_BATCH = 100
#: The object is there: completion tells whether it is this upload's.
_EXISTS = 412
#: The URL's life, or the credentials' behind it, is over.
_EXPIRED = 403
_PASSING = frozenset({400, 408, 409, 429, 500, 502, 503, 504})


class Meter:
    """How much of an upload was sent. Bytes of an attempt that failed are taken back, and reported
    again only once there are more."""

    def __init__(self, total: int, report: Progress | None) -> None:
        self._total, self._report = total, report
        self._lock = threading.Lock()
        self._sent = 0
        self._told = -1

    def add(self, count: int) -> None:
        with self._lock:
            self._sent += count
            if self._sent > self._told and self._report is not None:
                self._told = self._sent
                self._report(self._sent, self._total)

    def restart(self) -> None:
        """What is there is counted anew."""
        with self._lock:
            self._sent = 0


class Transfers:
    """What is sent and fetched at once, and again."""

    def __init__(self, calls: Calls, at_once: int) -> None:
        self._calls = calls
        self._at_once = at_once

    async def send(
        self, upload: Mapping[str, Any], source: Source, meter: Meter, act_as: str | None
    ) -> None:
        """Send what an upload still lacks. Raises ``TransferError``."""
        if upload["method"] == "PUT":
            await self._send_whole(upload, source, meter, act_as)
            return
        part_size, count = upload["part_size"], upload["part_count"]
        missing = upload.get("missing") or range(1, count + 1)
        there = count - len(missing)
        if there:
            meter.add(source.size - sum(self._length(n, part_size, source) for n in missing))
        known = {part["part_number"]: part for part in upload.get("parts") or ()}
        upload_id = str(upload["upload_id"])
        numbers = [*missing]
        for start in range(0, len(numbers), _BATCH):
            batch = numbers[start : start + _BATCH]
            unsigned = [number for number in batch if number not in known]
            if unsigned:
                known |= await self._signed(upload_id, unsigned, act_as)
            await self._calls.io.gather(
                [
                    lambda part=known[number]: self._send_part(  # type: ignore[misc]
                        upload_id, part, part_size, source, meter, act_as
                    )
                    for number in batch
                ],
                self._at_once,
            )

    @staticmethod
    def _length(number: int, part_size: int, source: Source) -> int:
        return min(part_size, source.size - (number - 1) * part_size)

    async def _signed(
        self, upload_id: str, numbers: list[int], act_as: str | None
    ) -> dict[int, Mapping[str, Any]]:
        found = await self._calls(
            "POST", f"/v1/uploads/{upload_id}/parts", json={"part_numbers": numbers}, act_as=act_as
        )
        return {part["part_number"]: part for part in found["parts"]}

    async def _send_whole(
        self, upload: Mapping[str, Any], source: Source, meter: Meter, act_as: str | None
    ) -> None:
        upload_id = str(upload["upload_id"])

        async def afresh() -> Mapping[str, Any]:
            found: Mapping[str, Any] = await self._calls(
                "GET", f"/v1/uploads/{upload_id}", act_as=act_as
            )
            return found

        await self._put(upload, 0, source.size, source, meter, upload_id, afresh)

    async def _send_part(
        self,
        upload_id: str,
        part: Mapping[str, Any],
        part_size: int,
        source: Source,
        meter: Meter,
        act_as: str | None,
    ) -> None:
        number = part["part_number"]

        async def afresh() -> Mapping[str, Any]:
            return (await self._signed(upload_id, [number], act_as))[number]

        offset, length = (number - 1) * part_size, self._length(number, part_size, source)
        await self._put(part, offset, length, source, meter, upload_id, afresh)

    async def _put(
        self,
        signed: Mapping[str, Any],
        offset: int,
        length: int,
        source: Source,
        meter: Meter,
        upload_id: str,
        afresh: Callable[[], Coroutine[Any, Any, Mapping[str, Any]]],
    ) -> None:
        """One PUT until the store has it. Raises ``TransferError`` after all attempts."""
        said = ""
        for attempt in range(ATTEMPTS):
            sent = 0

            def count(size: int) -> None:
                nonlocal sent
                sent += size
                meter.add(size)

            headers = {**signed.get("headers", {}), "content-length": str(length)}
            try:
                answer = await self._calls.io.send(
                    "PUT",
                    signed["url"],
                    body=lambda: source.chunks(offset, length, count),
                    headers=headers,
                )
            except httpx.TransportError as error:
                said = type(error).__name__
            else:
                if answer.is_success or answer.status_code == _EXISTS:
                    meter.add(length - sent)
                    return
                said = f"status {answer.status_code}"
                if answer.status_code == _EXPIRED:
                    signed = await afresh()
                elif answer.status_code not in _PASSING:
                    break
            meter.add(-sent)
            if attempt + 1 < ATTEMPTS:
                await self._calls.io.sleep(pause(attempt))
        raise TransferError(f"the store did not take the bytes: {said}", upload_id)

    async def save(
        self, link: Callable[[], Coroutine[Any, Any, str]], size: int, etag: str | None, to: Path
    ) -> None:
        """Get a file whole, in as many attempts as it takes; ``to`` is there only then."""
        part = to.with_name(f"{to.name}.part")
        part.unlink(missing_ok=True)
        said = ""
        for attempt in range(ATTEMPTS):
            have = part.stat().st_size if part.exists() else 0
            headers = {"range": f"bytes={have}-"} if have else {}
            if have and etag:
                headers["if-range"] = f'"{etag.strip(chr(34))}"'
            try:
                answer = await self._calls.io.save(await link(), headers, part)
                said = f"status {answer.status_code}"
            except httpx.TransportError as error:
                said = type(error).__name__
            if part.exists() and part.stat().st_size == size:
                part.replace(to)
                return
            if size == 0 and said in ("status 200", "status 206"):
                part.replace(to)
                return
            if attempt + 1 < ATTEMPTS:
                await self._calls.io.sleep(pause(attempt))
        part.unlink(missing_ok=True)
        raise TransferError(f"the store did not give the bytes: {said}")
