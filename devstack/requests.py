"""One S3 request as it came over the wire, before anybody normalised it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from devstack.errors import S3Error

BLOCK_BYTES = 256 * 1024
MEMORY_BYTES = 1024 * 1024

_HEADERS_WITHOUT_PREFIX = {"CONTENT_TYPE", "CONTENT_LENGTH"}


def uri_encode(text: str | bytes, *, safe: str = "") -> str:
    """SigV4's UriEncode: everything but unreserved characters, upper-case hex."""
    return quote(text, safe=safe + "-_.~")


class Request:
    """Path, query and headers of a WSGI environ, decoded exactly once.

    ``query`` keeps order and repetition; ``headers`` has lower-case names; ``key`` is empty for
    calls on a bucket. Raises S3Error ``InvalidURI`` for bytes that are no UTF-8.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.raw_path = str(environ.get("RAW_URI", environ["PATH_INFO"])).partition("?")[0]
        self.raw_query: str = environ.get("QUERY_STRING", "")
        self.headers = _headers_of(environ)
        try:
            self.path = unquote_to_bytes(self.raw_path).decode()
            pairs = [pair.partition("=") for pair in self.raw_query.split("&") if pair]
            self.query = [
                (unquote_plus(k, errors="strict"), unquote_plus(v, errors="strict"))
                for k, _, v in pairs
            ]
        except UnicodeDecodeError as error:
            raise S3Error("InvalidURI", "Couldn't parse the specified URI.") from error
        self.bucket, _, self.key = self.path.removeprefix("/").partition("/")

    def param(self, name: str) -> str | None:
        """The value of a query parameter, or None. Names are case-sensitive, as S3's are."""
        return next((value for key, value in self.query if key == name), None)

    def has(self, name: str) -> bool:
        """Whether a query parameter is there, with or without a value."""
        return any(key == name for key, _ in self.query)

    def canonical_path(self) -> str:
        """The path as SigV4 signs it: decoded once, encoded once, never normalised."""
        return uri_encode(self.path, safe="/")

    def canonical_query(self, *, without: str | None = None) -> str:
        """The query as SigV4 signs it, unsorted (the signer sorts)."""
        return "&".join(f"{uri_encode(k)}={uri_encode(v)}" for k, v in self.query if k != without)

    @property
    def content_length(self) -> int | None:
        """The declared body length in bytes, or None. Raises S3Error for what is no number."""
        declared = self.headers.get("content-length")
        if declared is None:
            return None
        if not declared.isascii() or not declared.isdigit():
            raise S3Error("InvalidArgument", "Content-Length must be a number")
        return int(declared)

    def blocks(self) -> Iterator[bytes]:
        """The body, block by block, up to its declared length."""
        left = self.content_length or 0
        stream = self.environ["wsgi.input"]
        while left and (block := stream.read(min(left, BLOCK_BYTES))):
            left -= len(block)
            yield block

    def drain(self) -> None:
        """Read what is left, so that a browser sees our answer and not a reset connection."""
        stream = self.environ["wsgi.input"]
        while stream.read(BLOCK_BYTES):
            pass


def spool() -> IO[bytes]:
    """A temporary file that stays in memory while it is small."""
    return tempfile.SpooledTemporaryFile(MEMORY_BYTES)


def _headers_of(environ: dict[str, Any]) -> dict[str, str]:
    headers = {}
    for name, value in environ.items():
        if name in _HEADERS_WITHOUT_PREFIX or name.startswith("HTTP_"):
            lower = name.removeprefix("HTTP_").replace("_", "-").lower()
            headers[lower] = _text(str(value))
    if not headers.get("content-length"):
        headers.pop("content-length", None)
    return headers


def _text(value: str) -> str:
    """WSGI hands headers over as Latin-1; clients that send more send UTF-8."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value
