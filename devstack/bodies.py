"""Request bodies: taken in whole, measured, and held against what their headers promise."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, Protocol

from devstack.checksums import Crc64Nvme
from devstack.errors import S3Error
from devstack.requests import Request, spool
from devstack.signatures import UNSIGNED_PAYLOAD

_NO_BODY = {"GET", "HEAD", "DELETE", "OPTIONS"}


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> Any:
    return hashlib.sha1(usedforsecurity=False)


#: By the header, or form field, that promises it.
CHECKSUMS: dict[str, Callable[[], _Digest]] = {
    "content-md5": _md5,
    "x-amz-checksum-sha256": hashlib.sha256,
    "x-amz-checksum-sha1": _sha1,
    "x-amz-checksum-crc32": _Crc32,
    "x-amz-checksum-crc64nvme": Crc64Nvme,
}
_UNKNOWN_CHECKSUMS = ("x-amz-checksum-crc32c",)


class Checks:
    """The digests that headers (or form fields) promise, taken while the bytes pass.

    Raises S3Error ``InvalidDigest`` or ``InvalidRequest`` for a promise that is no digest,
    ``NotImplemented`` for an algorithm that is not known here, so that nothing is ever accepted
    unchecked.
    """

    def __init__(self, promised: Mapping[str, str], payload: str = UNSIGNED_PAYLOAD) -> None:
        for name in _UNKNOWN_CHECKSUMS:
            if name in promised:
                raise S3Error("NotImplemented", f"{name} is not checked by this stand-in")
        if sum(name.startswith("x-amz-") and name in promised for name in CHECKSUMS) > 1:
            raise S3Error(
                "InvalidRequest",
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                "allowed.",
            )
        self._payload = payload
        self._sha256 = hashlib.sha256() if payload != UNSIGNED_PAYLOAD else None
        self._running = {name: new() for name, new in CHECKSUMS.items() if name in promised}
        self._expected = {
            name: _decoded(name, promised[name], len(digest.digest()))
            for name, digest in self._running.items()
        }

    def update(self, block: bytes) -> None:
        """Take in the next block."""
        if self._sha256 is not None:
            self._sha256.update(block)
        for digest in self._running.values():
            digest.update(block)

    def finish(self) -> None:
        """Raises S3Error ``BadDigest`` or ``XAmzContentSHA256Mismatch``."""
        for name, digest in self._running.items():
            if not hmac.compare_digest(digest.digest(), self._expected[name]):
                what = name.removeprefix("x-amz-checksum-").upper().replace("CONTENT-", "Content-")
                raise S3Error(
                    "BadDigest", f"The {what} you specified did not match what we received."
                )
        if self._sha256 is not None and self._sha256.hexdigest() != self._payload:
            raise S3Error(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ClientComputedContentSHA256=self._payload,
                S3ComputedContentSHA256=self._sha256.hexdigest(),
            )


def receive(request: Request, payload: str) -> IO[bytes]:
    """Take the body into a temporary file, checked; the caller closes it.

    Raises S3Error ``MissingContentLength``, ``IncompleteBody`` and what ``Checks`` raises.
    """
    if payload.startswith("STREAMING-"):
        raise S3Error("NotImplemented", "aws-chunked bodies are not read by this stand-in")
    if payload != UNSIGNED_PAYLOAD and not _is_sha256(payload):
        raise S3Error(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
            "or a valid sha256 value.",
        )
    if request.content_length is None and (
        request.method not in _NO_BODY or "transfer-encoding" in request.headers
    ):
        raise S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.")
    checks = Checks(_promises(request), payload)
    body = spool()
    try:
        size = copy(request.blocks(), body, checks)
        if size != (request.content_length or 0):
            raise S3Error(
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP "
                "header",
            )
        checks.finish()
    except BaseException:
        body.close()
        raise
    body.seek(0)
    return body


def _promises(request: Request) -> dict[str, str]:
    """What headers promise of the body; a completion's promise something of the object."""
    if request.method == "POST" and request.has("uploadId"):
        return {n: v for n, v in request.headers.items() if not n.startswith("x-amz-checksum-")}
    return request.headers


def copy(blocks: Iterable[bytes], body: IO[bytes], checks: Checks) -> int:
    """Move blocks into ``body``, digesting them; returns how many bytes there were."""
    size = 0
    for block in blocks:
        checks.update(block)
        size += body.write(block)
    return size


def _decoded(name: str, value: str, length: int) -> bytes:
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) == length:
        return digest
    if name == "content-md5":
        raise S3Error("InvalidDigest", "The Content-MD5 you specified was invalid.")
    raise S3Error("InvalidRequest", f"Value for {name} header is invalid.")


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)
