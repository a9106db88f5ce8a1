"""Judges what was uploaded: whether an object is what was declared, and obeys its kind's rules.

Nothing here is done about it but one thing: removing what was refused. Only an object that carries
an upload's mark is ever removed, by its version where there are versions, so that nothing rejected
stays readable and nothing older is touched (T18, T21).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.assets import StoredObject
from app.domain.dispositions import content_disposition
from app.domain.errors import (
    AlreadyExists,
    NotFound,
    Problem,
    StorageUnavailable,
    UploadIncomplete,
)
from app.domain.metadata import marks_package
from app.domain.paths import AssetPath, Kind
from app.domain.policy import check_size, check_type, is_active, stored_type
from app.domain.uploads import Upload
from app.media.first_bytes import FIRST_BYTES, check_first_bytes
from app.s3.objects import Objects

_ATTEMPTS = 3
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

    def judge_upload(self, upload: Upload) -> Verdict:
        """What the object that ``upload`` brought is worth.

        Raises ``UploadIncomplete`` before the bytes are there, ``AlreadyExists`` when the object
        at this path came by another way.
        """
        found = self._objects.head(upload.key)
        if found is None:
            raise UploadIncomplete("No object has arrived yet; send the bytes, then complete")
        if found.mark != upload.mark:
            raise AlreadyExists("Another object has this path; start a new upload")
        return Verdict(
            found, _undeclared(found, upload) or self._unlike_its_type(found, upload.path)
        )

    def judge_object(self, key: str, path: AssetPath) -> Verdict:
        """What the object at ``key`` is worth by its kind's rules; ``NotFound`` without one."""
        found = self._objects.head(key)
        if found is None:
            raise NotFound
        return Verdict(
            found, self._against_rules(found, path) or self._unlike_its_type(found, path)
        )

    def judge_version(self, key: str, path: AssetPath, version_id: str | None) -> Verdict | None:
        """What an event's object is worth by its kind's rules; None when it is gone.

        Raises ``UploadIncomplete`` when it was replaced in the meantime.
        """
        current = found = self._objects.head(key)
        if version_id and (current is None or current.version_id != version_id):
            found = self._objects.head(key, version_id)
        if found is None:
            return None
        reason = self._against_rules(found, path) or self._unlike_its_type(found, path)
        return Verdict(found, reason, current is not None)

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
            content_type = stored_type(found.content_type, path.filename, path.kind)
            check_type(path.kind, content_type, in_package=path.has_asset_folder)
            check_size(path.kind, found.size, self._max_bytes)
        except Problem as problem:
            return problem.detail
        return _unsigned_header(found, path)

    def _unlike_its_type(self, found: StoredObject, path: AssetPath) -> str | None:
        """Compare the first bytes with the type, at exactly the version that was looked at."""
        for _ in range(_ATTEMPTS):
            head = self._objects.first_bytes(found, FIRST_BYTES)
            if head is not None:
                declared = stored_type(found.content_type, path.filename, path.kind)
                encrypted = _may_be_encrypted(found, path)
                return check_first_bytes(declared, head, may_be_encrypted=encrypted)
            again = self._objects.head(found.key)
            if again is None or again.mark != found.mark:
                raise UploadIncomplete("The object was replaced while it was looked at")
            found = again
        raise StorageUnavailable


def _may_be_encrypted(found: StoredObject, path: AssetPath) -> bool:
    """Whether it may be a segment that HLS encrypted whole: in blocks of AES, in a package."""
    if path.kind is not Kind.VIDEO or found.size % 16:
        return False
    return marks_package(found.mark) or (found.mark is None and path.has_asset_folder)


def _undeclared(found: StoredObject, upload: Upload) -> str | None:
    """How the object differs from what was declared, None when it does not."""
    if found.size != upload.size:
        return f"{upload.size} bytes were declared and {found.size} arrived"
    if found.content_type != upload.content_type:
        return f"{upload.content_type} was declared, and the object was stored as another type"
    # Stores that keep no checksum leave it out; those that do have checked the bytes with it.
    if upload.checksum_sha256 and found.checksum_sha256 not in (None, upload.checksum_sha256):
        return "The bytes do not have the declared SHA-256"
    return _unsigned_header(found, upload.path)


def _unsigned_header(found: StoredObject, path: AssetPath) -> str | None:
    """A header that was stored though nobody signed it, and that browsers would obey (T28)."""
    signed = {}
    if is_active(found.content_type):
        signed["content-disposition"] = content_disposition("attachment", path.filename)
    if dict(found.obeyed_headers) != signed:
        return "Content-Encoding, -Disposition, -Language and Expires may not be added"
    return None
