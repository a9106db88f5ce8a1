"""Links: URLs by which a browser reads one object for a while.

The signing instant is rounded down, so that the same request repeats the same URL within a window
and browser caches work (contract, Links and playback).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from app.aws.addressing import BucketAddress
from app.aws.sigv4 import Presigner, window_start
from app.domain.assets import Disposition, Link
from app.domain.dispositions import content_disposition
from app.domain.paths import AssetPath, Root
from app.domain.policy import cache_control, is_active, served_type


class LinkSigner:
    """Signs GET links, offline."""

    def __init__(
        self,
        presigner: Presigner,
        address: BucketAddress,
        *,
        default_seconds: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._presigner = presigner
        self._address = address
        self._default_seconds = default_seconds
        self._clock = clock

    def sign(
        self,
        root: Root,
        paths: Iterable[AssetPath],
        *,
        expires_seconds: int | None = None,
        disposition: Disposition = "inline",
    ) -> list[Link]:
        """A link for each path, in order.

        ``expires_seconds`` (1 to 604,800) is the longest life; the window takes up to a quarter.
        Types that a browser would run are always an attachment (T19).
        """
        seconds = expires_seconds or self._default_seconds
        wanted_paths = list(paths)
        signed = self._presigner.presign_many(
            "GET",
            self._address,
            ((root.key(path), _answer_headers(path, disposition), {}) for path in wanted_paths),
            expires_seconds=seconds,
            at=window_start(self._clock(), seconds),
        )
        return [
            Link(path, url, expires_at, "s3")
            for path, (url, expires_at) in zip(wanted_paths, signed, strict=True)
        ]


def _answer_headers(path: AssetPath, disposition: Disposition) -> dict[str, str]:
    """The headers S3 is to answer with, whatever type was stored (T33)."""
    content_type = served_type(path.filename)
    return {
        "response-cache-control": f"private, {cache_control(path.kind)}",
        "response-content-disposition": content_disposition(
            "attachment" if is_active(content_type) else disposition, path.filename
        ),
        "response-content-type": content_type,
    }
