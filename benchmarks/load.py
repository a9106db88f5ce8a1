"""A load generator: requests over kept connections, several at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.processes import Server

CONNECTIONS = 8


@dataclass(frozen=True)
class Request:
    """What to send; ``expect`` is the status that counts as an answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    expect: int = 200

    def encode(self, port: int) -> bytes:
        headers = {"Host": f"127.0.0.1:{port}", **self.headers}
        if self.body:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


@dataclass(frozen=True)
class Result:
    """CPU milliseconds of the server a request, and requests a second."""

    cpu_milliseconds: float
    per_second: float


def load(server: Server, request: Request, count: int) -> Result:
    """Send ``request`` ``count`` times; raises RuntimeError for any unexpected status."""
    cpu, began = server.cpu_seconds(), time.perf_counter()
    statuses = asyncio.run(_send(server.port, request.encode(server.port), count))
    took, used = time.perf_counter() - began, server.cpu_seconds() - cpu
    if set(statuses) != {request.expect}:
        raise RuntimeError(f"{server.name} answered {dict(statuses)} to {request.path}")
    return Result(used / count * 1000, count / took)


async def _send(port: int, message: bytes, count: int) -> Counter[int]:
    statuses: Counter[int] = Counter()
    remaining = count

    async def connection() -> None:
        nonlocal remaining
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        while remaining > 0:
            remaining -= 1
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
            statuses[int(head[9:12])] += 1
            await _skip_body(reader, head.lower())
            if b"connection: close" in head.lower():
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return statuses


async def _skip_body(reader: asyncio.StreamReader, head: bytes) -> None:
    if b"content-length: " in head:
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
    elif b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
