"""The records of shares: objects below ``users/{sub}/shares/``, signed (T36, T48).

S3 is the truth and nothing is remembered, so that a revoked share is closed at once, everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import takewhile
from typing import NamedTuple

from app.assets.signed_records import SignedRecords
from app.domain.errors import NotFound
from app.domain.paths import Root
from app.domain.shares import (
    Share,
    digest_of,
    is_share_id,
    path_digest,
    record_key,
    shares_prefix,
)
from app.s3.deletion import Deleter
from app.s3.in_parallel import in_parallel
from app.s3.listings import Listings
from app.s3.objects import Objects
from app.signing.tokens import SignedTokens


class SharesPage(NamedTuple):
    """Shares that are open, and S3's continuation token."""

    shares: list[Share]
    next_token: str | None


class ShareRecords:
    """Every user's shares. All but ``write`` take ids as they come."""

    def __init__(
        self,
        objects: Objects,
        listings: Listings,
        deleter: Deleter,
        tokens: SignedTokens,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._objects = objects
        self._listings = listings
        self._deleter = deleter
        self._records = SignedRecords(objects, tokens)
        self._clock = clock

    def write(self, share: Share) -> None:
        """Open a share."""
        key = record_key(Root(share.sub), share.share_id)
        self._records.write(key, share.to_claims())

    def read(self, root: Root, share_id: str) -> Share:
        """The open share of that id; ``NotFound`` when there is none, or it has expired."""
        share = self._read(root, share_id)
        if self._expired(share):
            raise NotFound
        return share

    def page(self, root: Root, *, limit: int, token: str | None = None) -> SharesPage:
        """Open shares, of at most ``limit`` records; those that have expired are removed."""
        page = self._listings.page(shares_prefix(root), limit=limit, token=token)
        next_token = page.next_token
        if page.objects and page.objects[-1].key > _last_key(root):
            # What follows are upload requests.
            next_token = None
        ids = [share_id for found in page.objects if (share_id := _share_id(root, found.key))]
        shares = [share for share in in_parallel(lambda i: self._try(root, i), ids) if share]
        expired = [share for share in shares if self._expired(share)]
        if expired:
            self._deleter.delete_keys(record_key(root, share.share_id) for share in expired)
        return SharesPage([share for share in shares if share not in expired], next_token)

    def revoke(self, root: Root, share_id: str) -> None:
        """Close a share; ``NotFound`` when there is none of that id."""
        key = record_key(root, share_id)
        if self._objects.head(key) is None:
            raise NotFound
        self._objects.delete(key)

    def of_assets(self, root: Root, keys: Iterable[str]) -> list[str]:
        """The ids of all shares of the assets at ``keys``."""
        digests = _digests(root, keys)
        if not digests:
            return []
        prefix = shares_prefix(root) + (next(iter(digests)) if len(digests) == 1 else "")
        listed = takewhile(lambda each: each.key < _last_key(root), self._listings.all(prefix))
        found = (_share_id(root, each.key) for each in listed)
        return [share_id for share_id in found if share_id and digest_of(share_id) in digests]

    def end(self, root: Root, keys: Iterable[str], share_ids: Iterable[str]) -> None:
        """Close those of ``share_ids`` that are of the assets at ``keys``, as they were deleted.
        Raises the first problem of one that could not be."""
        digests = _digests(root, keys)
        ended = [record_key(root, each) for each in share_ids if digest_of(each) in digests]
        for problem in self._deleter.delete_keys(ended).values():
            raise problem

    def _read(self, root: Root, share_id: str) -> Share:
        claims = self._records.read(record_key(root, share_id))
        return Share.from_claims(claims, sub=root.sub, share_id=share_id)

    def _try(self, root: Root, share_id: str) -> Share | None:
        try:
            return self._read(root, share_id)
        except NotFound:
            return None

    def _expired(self, share: Share) -> bool:
        return self._clock() >= share.expires_at


def _digests(root: Root, keys: Iterable[str]) -> set[str]:
    return {path_digest(key.removeprefix(root.prefix)) for key in keys}


def _last_key(root: Root) -> str:
    """What no record of a share lies behind: their ids are hexadecimal."""
    return f"{shares_prefix(root)}g"


def _share_id(root: Root, key: str) -> str | None:
    """The id in a record's key; None for what else an owner put there."""
    share_id = key.removeprefix(shares_prefix(root)).removesuffix(".json")
    return share_id if is_share_id(share_id) and record_key(root, share_id) == key else None
