"""Assets by their paths."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from asset_gateway._sync.base import Base
from asset_gateway._sync.io import run
from asset_gateway.models import Asset, Deleted, Disposition, Link, Playback, Version, Via


class Assets(Base):
    def asset(self, path: str) -> Asset:
        """One asset, with its metadata and a link."""
        return run(self._operations.asset(path))

    def verify(self, path: str) -> Asset:
        """Have the gateway judge what came without completion, such as an upload of Uppy's."""
        return run(self._operations.verify(path))

    def download(self, path: str, to: str | PathLike[str]) -> Path:
        """Save an asset to a file, or into a folder under its own name; the file's path."""
        return run(self._operations.download(path, to))

    def links(
        self,
        paths: Iterable[str],
        *,
        expires_in: int | None = None,
        disposition: Disposition | None = None,
        via: Via | None = None,
    ) -> list[Link]:
        """A signed URL for each path, at most 1,000, in their order."""
        return run(
            self._operations.links(paths, expires_in=expires_in, disposition=disposition, via=via)
        )

    def playback(self, path: str, *, expires_in: int | None = None) -> Playback:
        """One signature for the folder of an HLS or DASH manifest; the gateway needs CloudFront."""
        return run(self._operations.playback(path, expires_in=expires_in))

    def copy(self, path: str, *, kind: str | None = None, project_id: str | None = None) -> Asset:
        """Copy an asset or package under a new asset id, to the library unless a project is named.

        Without a ``kind``, it keeps its own.
        """
        return run(self._operations.copy(path, kind=kind, project_id=project_id))

    def move(self, path: str, *, kind: str | None = None, project_id: str | None = None) -> Asset:
        """Move it, to a new asset id, as ``copy`` does."""
        return run(self._operations.move(path, kind=kind, project_id=project_id))

    def versions(self, path: str) -> list[Version]:
        """Versions of an asset, newest first, where the bucket keeps them."""
        return run(self._operations.versions(path))

    def restore(self, path: str, version_id: str | None = None) -> Asset:
        """Undelete an asset or package, or bring an old version back."""
        return run(self._operations.restore(path, version_id))

    def delete(self, paths: str | Iterable[str]) -> Deleted:
        """Delete assets by their paths; any number."""
        return run(self._operations.delete(paths))

    def delete_package(self, path: str) -> int:
        """Delete everything below ``…/{kind}/{asset_id}``; how many objects went."""
        return run(self._operations.delete_package(path))

    def delete_project(self, project_id: str) -> int:
        """Delete a project; how many objects went."""
        return run(self._operations.delete_project(project_id))
