"""Conditions and ranges of a read, as RFC 9110 sections 13 and 14 and S3 have them."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from moto.s3.models import FakeKey

from devstack.errors import S3Error
from devstack.requests import Request

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def modified(request: Request, key: FakeKey) -> bool:
    """RFC 9110 section 13.2.2: an ETag condition, where there is one, settles it."""
    changed_at = key.last_modified.replace(microsecond=0, tzinfo=UTC)
    headers = request.headers
    if "if-match" in headers:
        if not _names(headers["if-match"], key.etag):
            raise _failed("If-Match")
    elif "if-unmodified-since" in headers:
        since = _date(headers["if-unmodified-since"])
        if since is not None and changed_at > since:
            raise _failed("If-Unmodified-Since")
    if "if-none-match" in headers:
        return not _names(headers["if-none-match"], key.etag)
    since = _date(headers.get("if-modified-since", ""))
    return since is None or changed_at > since


def span(headers: dict[str, str], key: FakeKey) -> tuple[int, int] | None:
    """Start and end (exclusive) of the range asked for, or None for the whole object."""
    found = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    guard = headers.get("if-range")
    if guard is not None and not _names(guard, key.etag):
        since = _date(guard)
        if since is None or key.last_modified.replace(microsecond=0, tzinfo=UTC) != since:
            return None
    first, last = found.groups()
    size = key.size
    if first == "":
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise S3Error(
            "InvalidRange",
            "The requested range is not satisfiable",
            headers={"content-range": f"bytes */{size}"},
            RangeRequested=headers["range"],
            ActualObjectSize=size,
        )
    return start, end


def _names(condition: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in condition.split(",")]
    return "*" in tags or etag.strip('"') in tags


def _date(text: str) -> Any:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _failed(condition: str) -> S3Error:
    return S3Error(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        Condition=condition,
    )
