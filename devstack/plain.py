"""A verified request, as moto should see it."""

from __future__ import annotations

from typing import IO, Any

from devstack.requests import Request, uri_encode
from devstack.signatures import Verdict


def plain_environ(request: Request, verdict: Verdict, body: IO[bytes]) -> dict[str, Any]:
    """The request as moto should see it: authorised, path-style, without the signature."""
    query = "&".join(
        f"{uri_encode(name)}={uri_encode(value)}"
        for name, value in request.query
        if not name.startswith("X-Amz-")
    )
    path = request.canonical_path()
    environ = dict(request.environ)
    # Any region serves: moto takes the region of a new bucket from this scope.
    region = _region_of(request)
    environ.update(
        {
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 "
            f"Credential={verdict.access_key_id}/20200101/{region}/s3/aws4_request, "
            "SignedHeaders=host, Signature=verified",
            "PATH_INFO": request.path.encode().decode("latin-1"),
            "RAW_URI": f"{path}?{query}" if query else path,
            "REQUEST_URI": f"{path}?{query}" if query else path,
            "QUERY_STRING": query,
            "wsgi.input": body,
        }
    )
    environ.pop("HTTP_ORIGIN", None)
    environ.pop("HTTP_X_AMZ_CONTENT_SHA256", None)
    for algorithm in ("SHA256", "SHA1", "CRC32"):
        # moto keeps a checksum only when this SDK header announces it; S3 always does.
        if f"HTTP_X_AMZ_CHECKSUM_{algorithm}" in environ:
            environ.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", algorithm)
    return environ


def _region_of(request: Request) -> str:
    scope = request.param("X-Amz-Credential")
    if scope is None:
        scope = request.headers.get("authorization", "").partition("Credential=")[2]
    return scope.split("/")[2]
