"""The one place that makes HTTP clients: for the key server, the store, Cognito, and webhooks.

All of them obey the same environment, which is also the one that boto3 obeys:

- ``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``, in either letter case, by the rules of
  ``urllib.request``: ``NO_PROXY`` holds host names, which cover what ends in them too, and
  addresses as they are written, with or without a port. A user and password in the proxy's URL are
  sent to it as Basic credentials.
- ``AWS_CA_BUNDLE``, else ``REQUESTS_CA_BUNDLE``: a file or a folder of the only certificate
  authorities to trust. Without them ``SSL_CERT_FILE``, which OpenSSL reads by itself.

No client asks again or follows a redirect by itself: who asks decides that.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from app import tracing

CONNECT_SECONDS = 2.0
READ_SECONDS = 10.0
"""How long a server may say nothing."""

#: A server that works for a while may say so every second.
_MOST_INTERIM = 100

_Pool = TypeVar("_Pool", bound=urllib3.HTTPConnectionPool)
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


class BadEnvironment(ValueError):
    """A variable of the environment that no client can be made from."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable = variable
        self.reason = reason


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
        **_trust(),
    }
    proxy = proxy_for(url)
    pool = (
        urllib3.ProxyManager(proxy, proxy_headers=_credentials_for(proxy), **options)
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
        **_trust(),
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


def proxy_for(url: str) -> str | None:
    """The URL of the proxy by which ``url`` is to be reached. Raises ``BadEnvironment``."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc):
        return None
    return _checked_proxy(f"{parts.scheme.upper()}_PROXY", proxy)


def ca_bundle() -> str | None:
    """The certificate authorities that boto3 is to trust, as a path; None for its own choice."""
    return next(
        (path for name in (*_BUNDLES, "SSL_CERT_FILE") if (path := os.environ.get(name))), None
    )


def check_environment() -> None:
    """Raise ``BadEnvironment`` for proxies, certificates and logs of keys that cannot be used."""
    for scheme, proxy in getproxies().items():
        if scheme in ("http", "https"):
            _checked_proxy(f"{scheme.upper()}_PROXY", proxy)
    if os.environ.get("SSLKEYLOGFILE"):
        try:
            ssl.create_default_context()
        except OSError:
            # Python opens it for each connection.
            raise BadEnvironment("SSLKEYLOGFILE", "names a file that cannot be written") from None
    for name in (*_BUNDLES, "SSL_CERT_FILE"):
        path = os.environ.get(name)
        if not path or os.path.isdir(path):
            continue
        try:
            ssl.create_default_context(cafile=path)
        except OSError:  # no such file, or no certificate in it
            raise BadEnvironment(name, "names no readable file of PEM certificates") from None


#: As boto3 reads them. OpenSSL reads SSL_CERT_FILE beside the system's own certificates.
_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def _trust() -> dict[str, Any]:
    path = next((path for name in _BUNDLES if (path := os.environ.get(name))), None)
    if path is None:
        return {}
    return {"ca_cert_dir" if os.path.isdir(path) else "ca_certs": path}


def _checked_proxy(name: str, proxy: str) -> str:
    # Written without a scheme it is plain HTTP, as for boto3.
    url = proxy if "://" in proxy else f"http://{proxy.removeprefix('//')}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        # Who connects reads it by rules of its own.
        urllib3.util.parse_url(url)
    except ValueError:  # a port that is none, a name with a space
        usable = False
    if not usable:
        raise BadEnvironment(name, "is http:// or https://, and a host")
    return url


def _credentials_for(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    user, password = unquote(parts.username), unquote(parts.password or "")
    return urllib3.make_headers(proxy_basic_auth=f"{user}:{password}")


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
