"""The one place that makes HTTP clients: for the key server, the store, Cognito, and webhooks.

They obey the proxies and certificate authorities of the environment (``http_environment.py``).
No client asks again or follows a redirect by itself: who asks decides that.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from app import tracing
from app.http_environment import proxy_for, proxy_headers, trust

CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
"""How long a server may say nothing."""

#: A server that works for a while may say so every second.
_MOST_INTERIM = 100

_Pool = TypeVar("_Pool", bound=urllib3.HTTPConnectionPool)
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


def pool_for(
    url: str,
    *,
    connect: float = CONNECT_SECONDS,
    read: float = READ_SECONDS,
    maxsize: int = 1,
    tells_trace: bool = False,
) -> urllib3.PoolManager:
    """A pool for the server at ``url``, by its proxy if it has one.

    ``connect`` and ``read`` are seconds, ``maxsize`` the connections that are kept. With
    ``tells_trace`` the server learns of the trace, where there is one. Raises ``BadEnvironment``.
    """
    options: dict[str, Any] = {
        "num_pools": 1,
        "maxsize": maxsize,
        "timeout": urllib3.Timeout(connect=connect, read=read),
        "retries": False,
        **trust(),
    }
    proxy = proxy_for(url)
    pool = (
        urllib3.ProxyManager(proxy, proxy_headers=proxy_headers(proxy), **options)
        if proxy
        else urllib3.PoolManager(**options)
    )
    pool.pool_classes_by_scheme = {
        "http": _traced(_HttpPool, tells_trace),
        "https": _traced(_HttpsPool, tells_trace),
    }
    return pool


def pinned_pool(
    address: str, port: int, *, tls_name: str | None, maxsize: int = 1
) -> urllib3.HTTPConnectionPool:
    """A pool for one IP address, never by a proxy, which would choose an address of its own.

    ``tls_name`` is the name that the server's certificate must have, None for plain HTTP. The
    server learns of the trace, where there is one.
    """
    if tls_name is None:
        return _traced(_HttpPool, True)(address, port, maxsize=maxsize, retries=False)
    return _traced(_HttpsPool, True)(
        address,
        port,
        maxsize=maxsize,
        retries=False,
        server_hostname=tls_name,
        assert_hostname=tls_name,
        **trust(),
    )


@contextmanager
def deadline(seconds: float) -> Iterator[float]:
    """Within this, the answers to this thread's requests have come in full ``seconds`` from now.

    urllib3's timeouts bound each wait for the next bytes, so that a server which sends one byte
    now and then, be it of a header or of a body, is waited for without end. Here the same request
    ends with its ``ReadTimeoutError``. Gives the instant, by ``time.monotonic``.
    """
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield _ends_at.get() or 0.0
    finally:
        _ends_at.reset(token)


class _Bounded(io.RawIOBase):
    """A socket's bytes until the deadline. Leaves the socket's timeout as it was."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, ends_at: float) -> None:
        self._raw = raw
        self._sock = sock
        self._ends_at = ends_at
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(left if self._patience is None else min(left, self._patience))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        if not self.closed:
            with suppress(OSError):
                self._sock.settimeout(self._patience)
            self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer, be it of a server or of a proxy to CONNECT, of which every byte is bounded: the
    final one (RFC 9110, section 15.2)."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        ends_at = _ends_at.get()
        if ends_at is not None:
            self.fp = io.BufferedReader(_Bounded(self.fp.detach(), sock, ends_at))

    def _read_status(self) -> tuple[str, int, str]:
        # Of interim answers the base class knows 100 alone. It would take another for the final
        # one, which then waits on the line as the answer to the next request, of whomever.
        for _ in range(_MOST_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if status >= 200:
                return version, status, reason
            if status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                break
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("no final answer")


class _HttpConnection(HTTPConnection):
    response_class = _Response


class _HttpsConnection(HTTPSConnection):
    response_class = _Response


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


def _traced(pool: type[_Pool], tells: bool) -> type[_Pool]:
    made = tracing.current()
    found: type[_Pool] = made.pool_class(pool, tells=tells) if made else pool
    return found
