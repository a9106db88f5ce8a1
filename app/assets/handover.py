"""A user's folder given to another ``sub``: when a lost pool's users sign up in a new one.

Object by object: copied, held against the original, then removed there. So it may be broken off and
run again at any time, and nothing that lies at the new place is ever overwritten. What it leaves:
older versions and unfinished uploads, which end by the bucket's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from app.assets.share_records import ShareRecords
from app.domain.actors import USER
from app.domain.assets import StoredObject
from app.domain.copies import Copy
from app.domain.errors import AlreadyExists, NotFound, StorageError, StorageUnavailable
from app.domain.metadata import MARK, META_PREFIX, marks_package, package_mark
from app.domain.paths import Root
from app.domain.policy import cache_control
from app.domain.shares import Share, record_key, shares_prefix
from app.domain.upload_requests import requests_prefix
from app.s3.copies import Copier
from app.s3.deletion import Deleter
from app.s3.listings import Listings
from app.s3.objects import Objects
from app.signing.marks import CopyMarks

#: ``moved``, ``finished`` (an earlier run had copied it), ``conflict`` (something else is at the
#: new place: both stay), ``refused`` (the store takes no such copy: it stays), ``gone`` meanwhile,
#: ``share`` (opened anew, by another link), ``request`` (an upload request, which ends: its link
#: names the old user).
Outcome = Literal["moved", "finished", "conflict", "refused", "gone", "share", "request"]


class Step(NamedTuple):
    """What became, or in a dry run would become, of one object. ``size`` in bytes."""

    key: str
    size: int
    outcome: Outcome
    why: str = ""


class Handover:
    """Moves folders. Raises ``StorageUnavailable``, and ``StorageError`` where nothing can be
    listed; run it again then."""

    def __init__(
        self,
        objects: Objects,
        listings: Listings,
        copier: Copier,
        deleter: Deleter,
        records: ShareRecords,
        marks: CopyMarks,
    ) -> None:
        self._objects = objects
        self._listings = listings
        self._copier = copier
        self._deleter = deleter
        self._records = records
        self._marks = marks

    def move(self, old: Root, new: Root, *, dry_run: bool) -> Iterator[Step]:
        """Each object of ``old``, as it is moved to ``new``."""
        shares = shares_prefix(old)
        for listed in self._listings.all(old.prefix):
            if not listed.key.startswith(shares):
                try:
                    yield self._move(listed.key, old, new, dry_run)
                except StorageError as refused:
                    # An archived object, a name that no request can have: no run would get past it.
                    yield Step(listed.key, 0, "refused", refused.detail)
        # Last, as a share leads to an asset that is there.
        for share in self._shares(old):
            yield self._reopen(share, old, new, dry_run)
        for listed in self._listings.all(requests_prefix(old)):
            if not dry_run:
                for problem in self._deleter.delete_keys([listed.key]).values():
                    raise problem
            yield Step(listed.key, 0, "request")

    def _move(self, key: str, old: Root, new: Root, dry_run: bool) -> Step:
        source = self._objects.head(key)
        if source is None:
            return Step(key, 0, "gone")
        target = new.prefix + key.removeprefix(old.prefix)
        copy = Copy(source, target, self._headers(source, target, old))
        there = self._objects.head(target)
        if there is not None and not _is_copy(copy, there):
            return Step(key, source.size, "conflict")
        outcome: Outcome = "moved" if there is None else "finished"
        if dry_run:
            return Step(key, source.size, outcome)
        if there is None:
            try:
                [there] = self._copier.copy([copy])
            except AlreadyExists:
                return Step(key, source.size, "conflict")
            except NotFound:
                return Step(key, source.size, "gone")
            if not _is_copy(copy, there):
                self._copier.undo([copy])
                raise StorageUnavailable(f"The copy of {key} differs from it; it stays")
        if not self._copier.unchanged([source]):
            raise StorageUnavailable(f"{key} changed while it was moved; both stay")
        for problem in self._deleter.delete_keys([key]).values():
            raise problem
        return Step(key, source.size, outcome)

    def _headers(self, source: StoredObject, target: str, old: Root) -> dict[str, str]:
        """What is stored with ``source``, marked as the gateway's own work, which nobody judges
        again; what a back end wrote has no mark, and gets none."""
        headers = {"content-type": source.content_type, **source.obeyed_headers}
        if path := old.try_path_of(source.key):
            headers["cache-control"] = cache_control(path.kind)
        headers |= {META_PREFIX + name: value for name, value in source.metadata.items()}
        if source.mark is not None:
            mark = self._marks.make(target, source.size, USER)
            own = package_mark(mark) if marks_package(source.mark) else mark
            headers[META_PREFIX + MARK] = own
        return headers

    def _shares(self, old: Root) -> Iterator[Share]:
        token = None
        while True:
            page = self._records.page(old, limit=1000, token=token)
            yield from page.shares
            token = page.next_token
            if token is None:
                return

    def _reopen(self, share: Share, old: Root, new: Root, dry_run: bool) -> Step:
        key = record_key(old, share.share_id)
        if not dry_run:
            if self._objects.head(record_key(new, share.share_id)) is None:
                self._records.write(replace(share, sub=new.sub))
            self._records.revoke(old, share.share_id)
        return Step(key, 0, "share")


def _is_copy(copy: Copy, found: StoredObject) -> bool:
    """Whether ``found`` has the bytes of the source, as far as can be told without reading them,
    and is stored as the copy is to be."""
    source = copy.source
    metadata = {META_PREFIX + name: value for name, value in found.metadata.items()}
    stored: Mapping[str, str] = {
        "content-type": found.content_type,
        **found.obeyed_headers,
        **metadata,
    }
    wanted = {name: text for name, text in copy.headers.items() if name != "cache-control"}
    pairs = (
        # An ETag with a dash depends on the parts, and a copy may have others.
        (_plain(source.etag), _plain(found.etag)),
        (source.checksum_crc64nvme, found.checksum_crc64nvme),
        (source.checksum_sha256, found.checksum_sha256),
    )
    same = all(one == other for one, other in pairs if one and other)
    return source.size == found.size and same and stored == wanted


def _plain(etag: str) -> str | None:
    return None if "-" in etag else etag
