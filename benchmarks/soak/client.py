"""An HTTP/1.1 client over kept connections to one loopback address, cheap in CPU."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"
ANSWER_SECONDS = 30.0
#: Shorter than any server here keeps an idle connection, so that none is closed under a request.
IDLE_SECONDS = 10.0
#: Of a head, or a line of a chunked body.
LIMIT_BYTES = 1 << 20


@dataclass(frozen=True)
class Answer:
    """One response; ``headers`` by lower-case names, ``seconds`` until its last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """Raises ValueError for a body that is no JSON."""
        return json.loads(self.body)


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    idle_since: float = 0.0
    kept: bool = True

    def is_fresh(self) -> bool:
        idle_seconds = time.monotonic() - self.idle_since
        return self.kept and not self.reader.at_eof() and idle_seconds < IDLE_SECONDS


class Client:
    """Requests to ``127.0.0.1:port``, at most ``connections`` at a time."""

    def __init__(self, port: int, connections: int) -> None:
        self.netloc = f"{HOST}:{port}"
        self._port = port
        self._free: deque[_Connection] = deque()
        self._places = asyncio.Semaphore(connections)

    async def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Answer:
        """Send one request to ``target`` (path and query).

        Raises OSError, EOFError or TimeoutError when no whole answer comes within 30 s.
        """
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.netloc}"]
        lines += [f"{name}: {text}" for name, text in headers.items()]
        if body or method in ("POST", "PUT"):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode()
        began = time.monotonic()
        async with asyncio.timeout(ANSWER_SECONDS), self._connection() as connection:
            connection.writer.write(head + body)
            await connection.writer.drain()
            status, found = await _read_head(connection.reader)
            content = await _read_body(connection.reader, found, bodiless=status in (204, 304))
            if found.get("connection", "").lower() == "close":
                connection.kept = False
        return Answer(status, found, content, time.monotonic() - began)

    def close(self) -> None:
        while self._free:
            self._free.pop().writer.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """The one that was idle longest, so that all are used; it is kept if nothing went wrong."""
        async with self._places:
            connection = None
            while self._free and connection is None:
                connection = self._free.popleft()
                if not connection.is_fresh():
                    connection.writer.close()
                    connection = None
            if connection is None:
                streams = await asyncio.open_connection(HOST, self._port, limit=LIMIT_BYTES)
                connection = _Connection(*streams)
            try:
                yield connection
            except BaseException:
                connection.writer.close()
                raise
            connection.idle_since = time.monotonic()
            self._free.append(connection)


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head[9:12])
        if status >= 200:
            break
    fields = (line.partition(":") for line in head.split("\r\n")[1:] if line)
    headers = {name.strip().lower(): text.strip() for name, _, text in fields}
    if head.startswith("HTTP/1.0"):
        headers.setdefault("connection", "close")
    return status, headers


async def _read_body(
    reader: asyncio.StreamReader, headers: Mapping[str, str], *, bodiless: bool
) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        chunks = []
        while size := int((await reader.readline()).partition(b";")[0], 16):
            chunks.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readline()
        return b"".join(chunks)
    return b"" if bodiless else await reader.readexactly(int(headers.get("content-length", 0)))
