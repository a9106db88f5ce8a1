"""Shares: one asset, opened to whoever has the link, until it expires or is revoked (T36)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from app.assets.share_records import ShareRecords, SharesPage
from app.domain.assets import Disposition, Link
from app.domain.errors import NotFound, ValidationFailed
from app.domain.paths import AssetPath, Root
from app.domain.principal import Principal
from app.domain.shares import Share, ShareToken, mint_share_id
from app.s3.objects import Objects
from app.signing.links import LinkSigner
from app.signing.tokens import SignedTokens


class Shares:
    """Everybody's shares. Raises ``StorageError`` and ``StorageUnavailable`` besides."""

    def __init__(
        self,
        objects: Objects,
        records: ShareRecords,
        links: LinkSigner,
        tokens: SignedTokens,
        *,
        max_seconds: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``tokens`` sign what stands in a link. ``max_seconds``: the longest life of a share, and
        its life unless another is asked for."""
        self._objects = objects
        self._records = records
        self._links = links
        self._tokens = tokens
        self._max_seconds = max_seconds
        self._clock = clock

    def create(
        self, principal: Principal, path: AssetPath, disposition: Disposition, seconds: int | None
    ) -> Share:
        """Open a share of the asset at ``path``.

        Raises ``NotFound`` when there is none, ``ValidationFailed`` for a life that is too long.
        """
        root, most = Root(principal.sub), self._max_seconds
        seconds = seconds or most
        if seconds > most:
            raise ValidationFailed.at("/expires_in", f"A share lives at most {most} seconds")
        if self._objects.head(root.key(path)) is None:
            raise NotFound
        expires_at = self._clock().replace(microsecond=0) + timedelta(seconds=seconds)
        share = Share(root.sub, mint_share_id(path), path, disposition, expires_at)
        self._records.write(share)
        return share

    def page(self, principal: Principal, *, limit: int, token: str | None = None) -> SharesPage:
        """Open shares, of at most ``limit`` records; those that have expired are removed."""
        return self._records.page(Root(principal.sub), limit=limit, token=token)

    def revoke(self, principal: Principal, share_id: str) -> None:
        """Close a share; ``NotFound`` when there is none of that id."""
        self._records.revoke(Root(principal.sub), share_id)

    def end(self, principal: Principal, keys: Iterable[str]) -> None:
        """Close all shares of the assets at ``keys``, because they were deleted."""
        self._records.end(Root(principal.sub), keys)

    def token_of(self, share: Share) -> str:
        """What stands in the link of ``share``."""
        return self._tokens.sign(ShareToken(share.sub, share.share_id).to_claims())

    def open(self, token: str, method: Literal["GET", "HEAD"] = "GET") -> Link:
        """A fresh link, for requests of this ``method``, to what the share of ``token`` opens;
        ``NotFound`` when it opens nothing."""
        named = ShareToken.from_claims(self._tokens.verify(token))
        root = Root(named.sub)
        share = self._records.read(root, named.share_id)
        if self._objects.head(root.key(share.path)) is None:
            raise NotFound
        left = max(1, int((share.expires_at - self._clock()).total_seconds()))
        [link] = self._links.sign(
            root,
            [share.path],
            expires_seconds=min(self._links.default_seconds, left),
            disposition=share.disposition,
            method=method,
        )
        return link
