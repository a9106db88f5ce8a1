"""GET and HEAD of an object, served from moto's own file for it.

moto reads a whole object to serve any range of it; a browser that seeks in a 200 MB video would
wait. Here only the bytes asked for are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.s3.models import FakeDeleteMarker, FakeKey

from devstack import checksums
from devstack.answers import Answer
from devstack.conditions import modified, span
from devstack.errors import S3Error
from devstack.lifecycle import expiration
from devstack.requests import BLOCK_BYTES, Request

_OVERRIDES = {
    f"response-{name}": name
    for name in (
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
    )
}
#: moto keeps these with an object; S3 reads them once.
_UPLOAD_HEADERS = {"x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"} | {
    "x-amz-checksum-type"
}
_SERVED = {"versionId", "x-id", *_OVERRIDES}


def serves(request: Request) -> bool:
    """Whether a request reads an object itself."""
    return request.method in ("GET", "HEAD") and is_of_object(request)


def is_of_object(request: Request) -> bool:
    """Whether a request concerns an object itself, not one of its sub-resources."""
    return bool(request.key) and all(
        name in _SERVED or name.startswith("X-Amz-") for name, _ in request.query
    )


def serve(request: Request, bucket: Any) -> Answer:
    """The object, or the part of it that ``Range`` names, under the request's conditions.

    Raises S3Error ``NoSuchKey``, ``NoSuchVersion``, ``MethodNotAllowed``, ``PreconditionFailed``
    and ``InvalidRange``.
    """
    key = _find(bucket, request.key, request.param("versionId"))
    headers = {
        name.lower(): str(value)
        for name, value in {**key.response_dict, **key.metadata}.items()
        if value is not None and name.lower() not in _UPLOAD_HEADERS
    }
    headers["accept-ranges"] = "bytes"
    headers |= expiration(bucket, key)
    if not modified(request, key):
        kept = ("etag", "last-modified", "cache-control", "expires", "x-amz-version-id")
        return Answer("304 Not Modified", {k: v for k, v in headers.items() if k in kept})
    for name, value in request.query:
        if name in _OVERRIDES:
            headers[_OVERRIDES[name]] = _header_value(name, value)
    part = span(request.headers, key)
    if part is None:
        start, end = 0, key.size
        status = "200 OK"
        if request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
            headers.update(checksums.headers(key))
    else:
        start, end = part
        status = "206 Partial Content"
        headers["content-range"] = f"bytes {start}-{end - 1}/{key.size}"
    headers["content-length"] = str(end - start)
    body = _blocks(key, start, end) if request.method == "GET" else iter(())
    return Answer(status, headers, body)


def _find(bucket: Any, name: str, version_id: str | None) -> FakeKey:
    if version_id is None:
        found = bucket.keys.get(name)
    else:
        versions = bucket.keys.getlist(name, [])
        found = next((v for v in versions if str(v.version_id) == version_id), None)
    if isinstance(found, FakeKey):
        return found
    if isinstance(found, FakeDeleteMarker):
        marks = {"x-amz-delete-marker": "true", "x-amz-version-id": str(found.version_id)}
        if version_id is not None:
            raise S3Error(
                "MethodNotAllowed",
                "The specified method is not allowed against this resource.",
                headers={**marks, "allow": "DELETE"},
            )
        raise S3Error("NoSuchKey", "The specified key does not exist.", headers=marks, Key=name)
    if version_id is not None:
        raise S3Error("NoSuchVersion", "The specified version does not exist.", Key=name)
    raise S3Error("NoSuchKey", "The specified key does not exist.", Key=name)


def _blocks(key: FakeKey, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        with key.lock:
            key._value_buffer.seek(start)
            block = key._value_buffer.read(min(BLOCK_BYTES, end - start))
        if not block:
            return
        start += len(block)
        yield block


def _header_value(name: str, value: str) -> str:
    if not value.isprintable() or not all(ord(c) < 256 for c in value):
        raise S3Error(
            "InvalidArgument",
            "Header value cannot be represented using ISO-8859-1.",
            ArgumentName=name,
            ArgumentValue=value,
        )
    return value
