"""What a versioned bucket still has of an asset, and bringing it back.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.assets.previews import Finished
from app.assets.undeletion import Undeletion
from app.assets.verification import Verifier
from app.domain.copies import plan_return
from app.domain.errors import NotFound, UploadRejected, ValidationFailed
from app.domain.packages import is_package
from app.domain.paths import AssetPath, Root
from app.domain.previews import previews_of
from app.domain.principal import Principal
from app.limits.quota import Quota
from app.media.first_bytes import FIRST_BYTES
from app.s3.copies import Copier
from app.s3.objects import Objects
from app.s3.versions import Version, Versions
from app.signing.marks import CopyMarks


class _Restoration(NamedTuple):
    """The version to bring back, and those that lie above it."""

    target: Version
    above: Sequence[Version]

    @property
    def uncovers(self) -> bool:
        """Whether taking away what lies above is enough, as it is deletions alone."""
        return all(version.deleted for version in self.above)


class AssetVersions:
    """Everything raises ``NotVersioned`` where the bucket keeps no versions."""

    def __init__(
        self,
        objects: Objects,
        versions: Versions,
        copier: Copier,
        verifier: Verifier,
        quota: Quota,
        marks: CopyMarks,
        undeletion: Undeletion,
    ) -> None:
        self._objects = objects
        self._versions = versions
        self._copier = copier
        self._verifier = verifier
        self._quota = quota
        self._marks = marks
        self._undeletion = undeletion

    def list(self, principal: Principal, path: AssetPath) -> list[Version]:
        """The newest 1,000 versions, newest first; ``NotFound`` when there is none."""
        return self._versions.of(Root(principal.sub).key(path))

    def restore(self, principal: Principal, path: AssetPath, version_id: str | None) -> Finished:
        """Undelete, or make an old version the newest one; those above it are kept. A preview that
        was deleted comes back, too; without a ``version_id`` a package as one.

        Raises ``NotFound``, ``QuotaExceeded``, ``ValidationFailed`` when the version is a deletion.
        """
        if version_id is None and is_package(path):
            self._versions.check_kept()
            return self._undeletion.restore(principal, path)
        key = Root(principal.sub).key(path)
        found = self._find(key, version_id)
        preview, lost = self._preview(Root(principal.sub), path)
        size = (found.target.size or 0) + (lost.target.size or 0 if lost else 0)
        with self._quota.reserved(principal, size):
            if found.uncovers:
                self._uncover(key, found)
            else:
                self._bring_back(principal, path, key, found.target.version_id)
            # Behind it: a preview alone may be taken away by whoever hears of the deletion late.
            if preview and lost:
                self._uncover(Root(principal.sub).key(preview), lost)
        asset = self._objects.head(key)
        if asset is None:
            raise NotFound
        return Finished(path, asset, preview)

    def _preview(self, root: Root, path: AssetPath) -> tuple[AssetPath | None, _Restoration | None]:
        """The preview of ``path``, and what brings it back if it was deleted."""
        start = previews_of(root, path)
        if start is None:
            return None, None
        entries = self._versions.page(start, {}).versions
        found: tuple[AssetPath | None, _Restoration | None] = (None, None)
        for key in sorted({key for key, _ in entries}):
            preview = root.preview_at(key)
            versions = sorted(
                (v for name, v in entries if name == key), key=Version.recency, reverse=True
            )
            kept = next((i for i, v in enumerate(versions) if not v.deleted), None)
            if preview is None or kept is None:
                continue
            if kept == 0:
                return preview, None
            if found[0] is None:
                found = preview, _Restoration(versions[kept], versions[:kept])
        return found

    def _find(self, key: str, version_id: str | None) -> _Restoration:
        """The version of that id, or the newest that is no deletion."""
        versions = self._versions.of(key)
        for index, version in enumerate(versions):
            if version.version_id == version_id or (version_id is None and not version.deleted):
                if version.deleted:
                    raise ValidationFailed.at("/version_id", "This version is a deletion")
                return _Restoration(version, versions[:index])
        raise NotFound

    def _uncover(self, key: str, restoration: _Restoration) -> None:
        """Take the deletions above the target away, each by its own id.

        One by one, the newest last: Swift brings back what lies right below that one alone.
        """
        for version in reversed(restoration.above):
            self._versions.delete(key, version.version_id)

    def _bring_back(self, principal: Principal, path: AssetPath, key: str, version_id: str) -> None:
        read = self._objects.read(key, FIRST_BYTES, version_id)
        if read is None:
            raise NotFound
        version, first = read
        # Nobody judges it again (T52). What a back end wrote was never judged.
        if version.mark and (reason := self._verifier.fault_of(version, first, path)):
            raise UploadRejected(reason)
        mark = self._marks.make(key, version.size, principal.actor)
        self._copier.copy([plan_return(version, path, mark=mark)])
