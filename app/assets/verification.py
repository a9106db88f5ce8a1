"""Judges what was uploaded: whether an object is what was declared, and obeys its kind's rules.

Nothing here is done about it but one thing: removing what was refused. Only an object that carries
an upload's mark is ever removed, by its version where there are versions, so that nothing rejected
stays readable and nothing older is touched (T18, T21).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.domain.assets import StoredObject
from app.domain.dispositions import content_disposition
from app.domain.errors import (
    AlreadyExists,
    NotFound,
    Problem,
    UploadIncomplete,
)
from app.domain.kinds import Kind
from app.domain.metadata import marks_package
from app.domain.paths import AssetPath
from app.domain.policy import check_size, check_type, is_active, stored_type
from app.domain.previews import check_preview
from app.domain.uploads import Upload
from app.media.first_bytes import FIRST_BYTES, check_first_bytes
from app.s3.objects import Objects

#: A form POST can be replayed while its policy lives, each time into a version of its own.
_MAX_REPLAYS = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one version of an object is worth: ``reason`` is None for a good one.

    ``is_current`` tells whether the key still leads to an object at all.
    """

    found: StoredObject
    reason: str | None
    is_current: bool = True


class Verifier:
    """Holds objects against what was declared, or against their kind's rules."""

    def __init__(self, objects: Objects, max_bytes: Mapping[Kind, int]) -> None:
        self._objects = objects
        self._max_bytes = max_bytes

    def judge_upload(
        self, upload: Upload, checksum_crc64nvme: str | None = None, *, known: str | None = None
    ) -> Verdict:
        """What the object that ``upload`` brought is worth, by one request to the store.

        ``checksum_crc64nvme`` is what the bytes must have; ``known`` is what the store said of them
        already. A second request is made where a checksum is asked for and not known. Raises
        ``UploadIncomplete`` before the bytes are there, ``AlreadyExists`` when the object at this
        path came by another way.
        """
        read = self._objects.read(upload.key, FIRST_BYTES)
        if read is None:
            raise UploadIncomplete("No object has arrived yet; send the bytes, then complete")
        found, first = read
        if found.mark != upload.mark:
            raise AlreadyExists("Another object has this path; start a new upload")
        wanted = checksum_crc64nvme or upload.checksum_crc64nvme
        if known:
            found = replace(found, checksum_crc64nvme=known)
        if upload.checksum_sha256 or (wanted and not known):
            found = self._with_checksums(found)
        reason = _undeclared(found, upload, wanted) or _unlike_its_type(found, upload.path, first)
        return Verdict(found, reason)

    def judge_object(self, key: str, path: AssetPath) -> Verdict:
        """What the object at ``key`` is worth by its kind's rules; ``NotFound`` without one."""
        read = self._objects.read(key, FIRST_BYTES)
        if read is None:
            raise NotFound
        return Verdict(read[0], self.fault_of(*read, path))

    def judge_version(self, key: str, path: AssetPath, version_id: str | None) -> Verdict | None:
        """What an event's object is worth by its kind's rules; None when it is gone."""
        current = read = self._objects.read(key, FIRST_BYTES)
        if version_id and (current is None or current[0].version_id != version_id):
            read = self._objects.read(key, FIRST_BYTES, version_id)
        if read is None:
            return None
        return Verdict(read[0], self.fault_of(*read, path), current is not None)

    def fault_of(self, found: StoredObject, first: bytes, path: AssetPath) -> str | None:
        """Which rule an object at ``path``, that begins with ``first``, breaks; None for none."""
        return self._against_rules(found, path) or _unlike_its_type(found, path, first)

    def remove(self, found: StoredObject) -> None:
        """Remove this version, and whatever the same form was replayed into below it."""
        bad: StoredObject | None = found
        for _ in range(_MAX_REPLAYS):
            if bad is None or bad.mark != found.mark:
                return
            self._objects.delete_version(bad)
            bad = self._objects.head(found.key)

    def _against_rules(self, found: StoredObject, path: AssetPath) -> str | None:
        try:
            self._check_rules(found, path)
        except Problem as problem:
            return problem.detail
        return _unsigned_header(found, path)

    def _check_rules(self, found: StoredObject, path: AssetPath) -> None:
        if path.is_preview:
            check_preview(found.content_type, path, found.size)
            return
        content_type = stored_type(found.content_type, path.filename, path.kind)
        check_type(path.kind, content_type, in_package=path.has_asset_folder)
        check_size(path.kind, found.size, self._max_bytes)

    def _with_checksums(self, found: StoredObject) -> StoredObject:
        """The same with what the store keeps of its bytes, which a ranged GET does not tell."""
        again = self._objects.head(found.key, found.version_id)
        if again is None or again.etag != found.etag:
            raise UploadIncomplete("The object was replaced while it was looked at")
        return again


def _unlike_its_type(found: StoredObject, path: AssetPath, first: bytes) -> str | None:
    declared = stored_type(found.content_type, path.filename, path.kind)
    return check_first_bytes(declared, first, may_be_encrypted=_may_be_encrypted(found, path))


def _may_be_encrypted(found: StoredObject, path: AssetPath) -> bool:
    """Whether it may be a segment that HLS encrypted whole: in blocks of AES, in a package."""
    if path.kind is not Kind.VIDEO or found.size % 16 or path.is_preview:
        return False
    return marks_package(found.mark) or (found.mark is None and path.has_asset_folder)


def _undeclared(found: StoredObject, upload: Upload, crc64nvme: str | None) -> str | None:
    """How the object differs from what was declared, None when it does not."""
    if found.size != upload.size:
        return f"{upload.size} bytes were declared and {found.size} arrived"
    if found.content_type != upload.content_type:
        return f"{upload.content_type} was declared, and the object was stored as another type"
    # Stores that keep no checksum leave it out; those that do have checked the bytes with it.
    if upload.checksum_sha256 and found.checksum_sha256 not in (None, upload.checksum_sha256):
        return "The bytes do not have the declared SHA-256"
    if crc64nvme and found.checksum_crc64nvme not in (None, crc64nvme):
        return "The bytes changed on their way: their CRC-64/NVME is another; send the file again"
    return _unsigned_header(found, upload.path)


def _unsigned_header(found: StoredObject, path: AssetPath) -> str | None:
    """A header that was stored though nobody signed it, and that browsers would obey (T28)."""
    signed = {}
    if is_active(found.content_type):
        signed["content-disposition"] = content_disposition("attachment", path.filename)
    if dict(found.obeyed_headers) != signed:
        return "Content-Encoding, -Disposition, -Language and Expires may not be added"
    return None
