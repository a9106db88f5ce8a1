"""Small pictures beside assets: declared, found, and gone with what they show (T62)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from app.domain.assets import ListedObject, StoredObject
from app.domain.errors import AlreadyExists, NotFound
from app.domain.paths import AssetPath, Root
from app.domain.previews import is_preview, previews_of
from app.domain.uploads import Upload
from app.s3.in_parallel import in_parallel
from app.s3.listings import MAX_PAGE, Listings
from app.s3.objects import Objects


class Finished(NamedTuple):
    """What an upload became: the asset at ``path``; with its ``preview`` if it brought one."""

    path: AssetPath
    found: StoredObject
    preview: AssetPath | None = None


class Previews:
    """Everybody's previews. Raises ``StorageError`` and ``StorageUnavailable``."""

    def __init__(self, objects: Objects, listings: Listings) -> None:
        self._objects = objects
        self._listings = listings

    def find(self, root: Root, path: AssetPath) -> AssetPath | None:
        """The preview of the asset at ``path``."""
        start = previews_of(root, path)
        if start is None:
            return None
        page = self._listings.page(start, limit=1)
        return root.preview_at(page.objects[0].key) if page.objects else None

    def check(self, upload: Upload) -> None:
        """``NotFound`` without the asset that ``upload`` is a preview of, ``AlreadyExists`` when it
        has one. One listing, as a rule."""
        root, asset = Root(upload.sub), upload.preview_for
        if asset is None:
            return
        page = self._listings.page(f"{root.prefix}{asset.package_folder}", limit=2)
        keys = [found.key for found in page.objects]
        if any(map(is_preview, keys)):
            raise AlreadyExists("This asset has a preview")
        if root.key(asset) not in keys and self._objects.head(root.key(asset)) is None:
            raise NotFound("There is no asset that this could be a preview of")

    def finish(self, upload: Upload, found: StoredObject) -> Finished:
        """What ``upload`` brought. A preview of an asset that is gone is removed: ``NotFound``."""
        if upload.preview_for is None:
            return Finished(upload.path, found)
        asset = self._objects.head(Root(upload.sub).key(upload.preview_for))
        if asset is None:
            self._objects.delete_version(found)
            raise NotFound("The asset that this is a preview of is gone")
        return Finished(upload.preview_for, asset, upload.path)

    def left_alone(self, root: Root, paths: Iterable[AssetPath]) -> list[str]:
        """The keys of previews beside which nothing is left once the assets at ``paths`` are gone.
        A listing for each folder."""
        own = sorted({path for path in paths if path.asset_id}, key=_folder)
        folders = [(folder, {*each}) for folder, each in groupby(own, key=_folder)]
        found = in_parallel(lambda folder: self._left_alone(root, *folder), folders)
        return [preview.key for previews in found for preview in previews]

    def left_in_folder(self, root: Root, path: AssetPath) -> Sequence[ListedObject]:
        """As ``left_alone``, of one path, with what the listing tells of each."""
        return self._left_alone(root, _folder(path), {path}) if path.asset_id else []

    def _left_alone(self, root: Root, folder: str, going: set[AssetPath]) -> Sequence[ListedObject]:
        # Besides those that go: previews of each type, the folder itself on some stores, a file.
        limit = min(len(going) + 5, MAX_PAGE)
        page = self._listings.page(root.prefix + folder, limit=limit)
        doomed = {root.prefix + folder, *(root.key(path) for path in going)}
        previews = [found for found in page.objects if root.preview_at(found.key)]
        doomed |= {found.key for found in previews}
        others = [found.key for found in page.objects if found.key not in doomed]
        return [] if others or page.next_token else previews


def _folder(path: AssetPath) -> str:
    return path.package_folder or ""
