"""Shares: one asset, opened to whoever has the link, until it expires or is revoked (T36, T64)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from app.assets.share_records import ShareRecords, SharesPage
from app.domain.assets import StoredObject
from app.domain.errors import CdnNotConfigured, NotFound, ValidationFailed
from app.domain.paths import AssetPath, Root
from app.domain.principal import Principal
from app.domain.shares import Share, ShareTerms, ShareToken, mint_share_id
from app.limits.opens import Opens
from app.s3.beside import beside
from app.s3.objects import Objects
from app.signing.links import LinkSigner
from app.signing.tokens import SignedTokens

#: Shares whose paths a process remembers.
_MAX_PATHS = 10_000


class OpenedShare(NamedTuple):
    """What a visitor gets: the asset, its ``url``, and of a package the ``query`` that has to
    stand behind each of its files' URLs. Its repr tells none of it: it may end up in a log."""

    share: Share
    found: StoredObject
    url: str
    query: str | None
    expires_at: datetime

    def __repr__(self) -> str:
        return f"OpenedShare(expires_at={self.expires_at!r})"


class Shares:
    """Everybody's shares. Raises ``StorageError`` and ``StorageUnavailable`` besides."""

    def __init__(
        self,
        objects: Objects,
        records: ShareRecords,
        links: LinkSigner,
        tokens: SignedTokens,
        opens: Opens,
        *,
        max_seconds: int,
        page_url: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``tokens`` sign what stands in a link. ``max_seconds``: the longest life of a share, and
        its life unless another is asked for. ``page_url``: the front end's page that shows what is
        shared, if it has one."""
        self._objects = objects
        self._records = records
        self._links = links
        self._tokens = tokens
        self._opens = opens
        self._max_seconds = max_seconds
        self._page_url = page_url
        self._clock = clock
        self._paths = _Paths()

    def create(self, principal: Principal, path: AssetPath, terms: ShareTerms) -> Share:
        """Open a share of the asset at ``path``, of a package by its manifest.

        Raises ``NotFound`` when there is none, ``ValidationFailed`` for a life that is too long,
        for a limit of opens that nobody could count, and for a package that no page would play;
        ``CdnNotConfigured`` for a package without CloudFront.
        """
        root, most = Root(principal.sub), self._max_seconds
        seconds = terms.seconds or most
        if seconds > most:
            raise ValidationFailed.at("/expires_in", f"A share lives at most {most} seconds")
        if terms.max_opens is not None and not self._opens.are_counted:
            raise ValidationFailed.at(
                "/max_opens", "Opens are not counted here: this service has no REDIS_URL"
            )
        expires_at = self._clock().replace(microsecond=0) + timedelta(seconds=seconds)
        share = Share(
            root.sub,
            mint_share_id(path),
            path,
            terms.disposition,
            expires_at,
            terms.note,
            terms.max_opens,
        )
        if share.is_package:
            self._check_playable()
        if self._objects.head(root.key(path)) is None:
            raise NotFound
        self._records.write(share)
        return share

    def page(self, principal: Principal, *, limit: int, token: str | None = None) -> SharesPage:
        """Open shares, of at most ``limit`` records; those that have expired are removed."""
        return self._records.page(Root(principal.sub), limit=limit, token=token)

    def opens(self, principal: Principal, shares: Iterable[Share]) -> dict[str, int]:
        """How often each was opened, by share id; empty where that is not counted."""
        return self._opens.of(principal.sub, [share.share_id for share in shares])

    def revoke(self, principal: Principal, share_id: str) -> None:
        """Close a share; ``NotFound`` when there is none of that id."""
        self._records.revoke(Root(principal.sub), share_id)

    def of_assets(self, principal: Principal, keys: Iterable[str]) -> list[str]:
        """The ids of all shares of the assets at ``keys``."""
        return self._records.of_assets(Root(principal.sub), keys)

    def end(self, principal: Principal, keys: Iterable[str], share_ids: Iterable[str]) -> None:
        """Close those of ``share_ids`` that are of the assets at ``keys``, as they were deleted."""
        self._records.end(Root(principal.sub), keys, share_ids)

    def token_of(self, share: Share) -> str:
        """What stands in the link of ``share``."""
        return self._tokens.sign(ShareToken(share.sub, share.share_id).to_claims())

    def page_for(self, token: str) -> str | None:
        """The page that shows what the share of ``token`` opens, None without one.

        The page asks whether it is still open. ``NotFound`` for a token that is none of ours, where
        there is a page.
        """
        if not self._page_url:
            return None
        self._tokens.verify(token)
        # Browsers send no fragment on, so that the page's host, and its logs, never see the token.
        return f"{self._page_url}#{token}"

    def open(self, token: str, method: Literal["GET", "HEAD"] = "GET") -> OpenedShare:
        """What the share of ``token`` opens, by fresh URLs for requests of this ``method``;
        ``NotFound`` when it opens nothing. A HEAD is not counted, as it opens no contents."""
        share, found = self._find(ShareToken.from_claims(self._tokens.verify(token)))
        root = Root(share.sub)
        if found is None or not self._opens.take(share, counts=method == "GET"):
            raise NotFound
        left = max(1, int((share.expires_at - self._clock()).total_seconds()))
        seconds = min(self._links.default_seconds, left)
        if method == "GET" and share.is_package and self._links.signs_folders:
            playback = self._links.sign_folder(root, share.path, expires_seconds=seconds)
            return OpenedShare(share, found, playback.url, playback.query, playback.expires_at)
        [link] = self._links.sign(
            root,
            [share.path],
            expires_seconds=seconds,
            disposition=share.disposition,
            # CloudFront's links answer GET as well, which would not have been counted.
            via="s3" if method == "HEAD" else "auto",
            method=method,
        )
        return OpenedShare(share, found, link.url, None, link.expires_at)

    def _find(self, named: ShareToken) -> tuple[Share, StoredObject | None]:
        """The share and its asset; where its path is known already, both at once."""
        root, path = Root(named.sub), self._paths.of(named)
        if path is None:
            share = self._records.read(root, named.share_id)
            self._paths.keep(named, share.path)
            return share, self._objects.head(root.key(share.path))
        with beside(lambda: self._objects.head(root.key(path))) as asset:
            share = self._records.read(root, named.share_id)
        return share, asset()

    def _check_playable(self) -> None:
        if not self._links.signs_folders:
            raise CdnNotConfigured("Sharing a package takes CloudFront, which is not set up here")
        if not self._page_url:
            raise ValidationFailed.at(
                "/path", "A package is shared by a page that plays it: SHARE_PAGE_URL is not set"
            )


class _Paths:
    """Which asset a share is of: a record is never changed (T48), so that this alone may be
    remembered of it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._paths: OrderedDict[ShareToken, AssetPath] = OrderedDict()

    def of(self, named: ShareToken) -> AssetPath | None:
        with self._lock:
            return self._paths.get(named)

    def keep(self, named: ShareToken, path: AssetPath) -> None:
        with self._lock:
            self._paths[named] = path
            if len(self._paths) > _MAX_PATHS:
                self._paths.popitem(last=False)
