"""Links: URLs by which a browser reads one object for a while, or plays a whole folder.

The signing instant is rounded down, so that the same request repeats the same URL within a window
and browser caches work (docs/api.md, Links and playback).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from app.domain.assets import Disposition, Link, Playback, Via
from app.domain.dispositions import content_disposition
from app.domain.errors import CdnNotConfigured
from app.domain.kinds import Kind
from app.domain.paths import AssetPath, Root
from app.domain.policy import cache_control, is_active, served_type
from app.signing import counts
from app.signing.addressing import BucketAddress
from app.signing.canonical import Query, encode_path, encode_value
from app.signing.cloudfront import CloudFrontSigner
from app.signing.sigv4 import Presigner, window_start


class LinkSigner:
    """Signs GET links, offline: by CloudFront where there is a signer for it, else by S3."""

    def __init__(
        self,
        presigner: Presigner,
        address: BucketAddress,
        *,
        default_seconds: int,
        cloudfront: CloudFrontSigner | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._presigner = presigner
        self._address = address
        self.default_seconds = default_seconds
        self._cloudfront = cloudfront
        self._clock = clock

    @property
    def signs_folders(self) -> bool:
        """Whether ``sign_folder`` has a CloudFront to sign for."""
        return self._cloudfront is not None

    def sign(
        self,
        root: Root,
        paths: Iterable[AssetPath],
        *,
        expires_seconds: int | None = None,
        disposition: Disposition = "inline",
        via: Via = "auto",
        method: Literal["GET", "HEAD"] = "GET",
    ) -> list[Link]:
        """A link for each path, in order.

        ``expires_seconds`` (1 to 604,800) is the longest life; the window takes up to a quarter.
        Types that a browser would run are always an attachment (T19). S3 holds a link to its
        ``method``; CloudFront answers both. Raises ``CdnNotConfigured``
        when CloudFront is asked for and there is none.
        """
        seconds = expires_seconds or self.default_seconds
        at = window_start(self._clock(), seconds)
        if via == "cloudfront" or (via == "auto" and self._cloudfront):
            return self._sign_cloudfront(root, paths, at + timedelta(seconds=seconds), disposition)
        return self._sign_s3(root, list(paths), at, seconds, disposition, method)

    def sign_folder(
        self, root: Root, path: AssetPath, *, expires_seconds: int | None = None
    ) -> Playback:
        """One signature for all of the folder that ``path`` lies in, right below its kind.

        Raises ``CdnNotConfigured``, and ValueError for a path without such a folder.
        """
        signer = self._cdn()
        if path.asset_folder is None:
            raise ValueError("a file right below its kind has no folder of its own")
        seconds = expires_seconds or self.default_seconds
        expires_at = window_start(self._clock(), seconds) + timedelta(seconds=seconds)
        folder = f"{root.prefix}{path.asset_folder}"
        grant = signer.sign_folder(folder, int(expires_at.timestamp()))
        counts.FOLDER.inc()
        return Playback(
            url=f"{signer.url(root.key(path))}?{grant.query}",
            query=grant.query,
            cookies=grant.cookies,
            cookie_path=f"/{encode_path(folder)}",
            expires_at=expires_at,
        )

    def _sign_s3(
        self,
        root: Root,
        paths: list[AssetPath],
        at: datetime,
        seconds: int,
        disposition: Disposition,
        method: Literal["GET", "HEAD"],
    ) -> list[Link]:
        signed = self._presigner.presign_many(
            method,
            self._address,
            (
                (root.key(path), _answer_query(path.kind, path.filename, disposition), {})
                for path in paths
            ),
            expires_seconds=seconds,
            at=at,
        )
        counts.GET.inc(len(signed))
        return [
            Link(path, url, expires_at, "s3")
            for path, (url, expires_at) in zip(paths, signed, strict=True)
        ]

    def _sign_cloudfront(
        self,
        root: Root,
        paths: Iterable[AssetPath],
        expires_at: datetime,
        disposition: Disposition,
    ) -> list[Link]:
        """The disposition alone: the edge answers with the stored type, nobody's choice (T33)."""
        sign_url, expires = self._cdn().sign_url, int(expires_at.timestamp())
        links = []
        for path in paths:
            header = _disposition(path.filename, served_type(path.filename, path.kind), disposition)
            query = f"response-content-disposition={encode_value(header)}"
            url = sign_url(root.key(path), query, expires)
            links.append(Link(path, url, expires_at, "cloudfront"))
        counts.CLOUDFRONT.inc(len(links))
        return links

    def _cdn(self) -> CloudFrontSigner:
        if self._cloudfront is None:
            raise CdnNotConfigured
        return self._cloudfront


@lru_cache(1024)  # a page of a listing is asked for again and again
def _answer_query(kind: Kind, filename: str, disposition: Disposition) -> Query:
    """The headers S3 is to answer with, whatever type was stored (T33)."""
    content_type = served_type(filename, kind)
    return Query.of(
        {
            "response-cache-control": f"private, {cache_control(kind)}",
            "response-content-disposition": _disposition(filename, content_type, disposition),
            "response-content-type": content_type,
        }
    )


def _disposition(filename: str, content_type: str, disposition: Disposition) -> str:
    return content_disposition("attachment" if is_active(content_type) else disposition, filename)
