"""Copies within the bucket, made by S3 itself: all of them, or none.

A copy never overwrites unless it is meant to, is pinned to the version (or the ETag) that was
looked at, and says itself what S3 keeps with it.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from app.domain.assets import StoredObject
from app.domain.copies import Copy
from app.domain.errors import AlreadyExists, NotFound, Problem, StorageError, StorageUnavailable
from app.domain.metadata import MARK, META_PREFIX
from app.domain.parts import Part, PartPlan
from app.s3.deletion import Deleter
from app.s3.errors import GONE, Refused
from app.s3.in_parallel import in_parallel
from app.s3.multipart import Multipart
from app.s3.objects import Objects

PART_BYTES = 128 * 1024**2
"""Above this, a copy is made in parts: S3 takes half a minute to copy 2 GB, and a request that
takes longer than ``SLOW_SECONDS`` is given up, not knowing whether it will succeed."""
log = logging.getLogger("gateway.copies")


class Copier:
    """Copies objects of one bucket. Raises ``StorageError`` or ``StorageUnavailable`` besides."""

    def __init__(
        self,
        objects: Objects,
        multipart: Multipart,
        deleter: Deleter,
        *,
        threshold_bytes: int = PART_BYTES,
        part_bytes: int = PART_BYTES,
    ) -> None:
        """Above ``threshold_bytes`` a copy is made in parts of ``part_bytes`` or more."""
        self._objects = objects
        self._multipart = multipart
        self._deleter = deleter
        self._threshold_bytes = threshold_bytes
        self._part_bytes = part_bytes

    def look(self, keys: Iterable[str], count: int) -> list[tuple[StoredObject, bytes]]:
        """What lies at ``keys``, each with its first ``count`` bytes, in order; ``NotFound`` unless
        there is something at each."""
        found = in_parallel(lambda key: self._objects.read(key, count), list(keys))
        if not found or None in found:
            raise NotFound
        return [each for each in found if each is not None]

    def copy(self, copies: Sequence[Copy]) -> list[StoredObject]:
        """Make ``copies``, and tell what was made. Where one fails, those made are removed again
        and its problem raised.

        Raises ``NotFound`` when a source is gone, ``StorageUnavailable`` when it has changed.
        """
        try:
            return in_parallel(self._copy, copies)
        except AlreadyExists:
            # Not ours to remove.
            raise
        except Exception:
            self.undo(copies)
            raise

    def undo(self, copies: Sequence[Copy]) -> None:
        """Remove ``copies``, as far as they were made at a place of their own; never raises."""
        try:
            self._deleter.delete_keys(copy.key for copy in copies if not copy.replaces)
        except Problem as problem:
            log.warning("half of a copy was left behind: %s", problem.slug)

    def unchanged(self, sources: Sequence[StoredObject]) -> bool:
        """Whether the very objects that were looked at are still there."""
        found = in_parallel(self._objects.head, [source.key for source in sources])
        return all(
            now is not None and (now.etag, now.version_id) == (source.etag, source.version_id)
            for now, source in zip(found, sources, strict=True)
        )

    def _copy(self, copy: Copy) -> StoredObject:
        if copy.source.size > self._threshold_bytes:
            self._copy_in_parts(copy)
            return self._made(copy)
        source, key, headers = copy.source, copy.key, copy.headers
        if not copy.replaces:
            try:
                return self._objects.copy(source, key, headers, if_none_match=True)
            except Refused:
                # Some stores do not know the condition, Swift holds it against the source.
                if self._is_made(copy):
                    return self._made(copy)
        with _pinned():
            return self._objects.copy(source, key, headers)

    def _copy_in_parts(self, copy: Copy) -> None:
        plan = PartPlan.of(copy.source.size, self._part_bytes)
        upload_id = self._multipart.create(copy.key, copy.headers)

        def copy_part(number: int) -> Part:
            first, size = (number - 1) * plan.part_size, plan.size_of(number)
            with _pinned():
                etag = self._multipart.copy_part(
                    copy.key, upload_id, number, copy.source, range(first, first + size)
                )
            return Part(number, size, etag)

        try:
            parts = in_parallel(copy_part, range(1, plan.count + 1))
            self._finish(copy, upload_id, parts)
        except Exception:
            self._multipart.abort(copy.key, upload_id)
            raise

    def _finish(self, copy: Copy, upload_id: str, parts: list[Part]) -> None:
        if copy.replaces:
            self._multipart.replace(copy.key, upload_id, parts)
            return
        if not self._multipart.complete(copy.key, upload_id, parts):
            if not self._is_made(copy):
                raise StorageUnavailable
            self._multipart.abort(copy.key, upload_id)  # if it was another upload

    def _made(self, copy: Copy) -> StoredObject:
        """What is at the copy's place, which must be all of it."""
        found = self._objects.head(copy.key)
        if found is None or found.size != copy.source.size:
            raise StorageError("The storage did not copy the asset in full")
        return found

    def _is_made(self, copy: Copy) -> bool:
        """Whether an earlier try, whose answer was lost, made it. Raises ``AlreadyExists`` when
        something else is there."""
        found = self._objects.head(copy.key)
        if found is not None and found.mark != copy.headers.get(META_PREFIX + MARK):
            raise AlreadyExists
        return found is not None


@contextmanager
def _pinned() -> Iterator[None]:
    """What the caller is told when the source is not what was looked at."""
    try:
        yield
    except Refused as refusal:
        if refusal.code in GONE:
            raise NotFound from None
        raise StorageUnavailable("The asset changed meanwhile; try again") from None
