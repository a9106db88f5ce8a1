"""A load generator: requests over kept connections, several at a time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.processes import Server

CONNECTIONS = 6
#: A server that closes a kept connection may cross with a request, which is then sent again.
MAX_RESETS = 20


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


def load(server: Server, requests: Sequence[Request], count: int) -> Result:
    """Send ``requests`` in turn, ``count`` in all; raises RuntimeError for an unexpected status."""
    messages = [request.encode(server.port) for request in requests]
    cpu, began = server.cpu_seconds(), time.perf_counter()
    statuses = asyncio.run(_send(server.port, messages, count))
    took, used = time.perf_counter() - began, server.cpu_seconds() - cpu
    if set(statuses) != {requests[0].expect}:
        raise RuntimeError(f"{server.name} answered {dict(statuses)} to {requests[0].path}")
    return Result(used / count * 1000, count / took)


async def _send(port: int, messages: Sequence[bytes], count: int) -> Counter[int]:
    statuses: Counter[int] = Counter()
    todo = [messages[number % len(messages)] for number in range(count)]
    resets = 0

    async def connection() -> None:
        nonlocal resets
        while todo:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
            closing = False
            while todo and not closing:
                message = todo.pop()
                writer.write(message)
                try:
                    head = (await reader.readuntil(b"\r\n\r\n")).lower()
                    await _skip_body(reader, head)
                except (ConnectionError, asyncio.IncompleteReadError):
                    resets += 1
                    if resets > MAX_RESETS:
                        raise
                    todo.append(message)
                    break
                statuses[int(head[9:12])] += 1
                closing = b"connection: close" in head
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
