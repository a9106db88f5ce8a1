"""What is the caller's: one asset, projects, everything for an export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from app.assets.listing import AssetListings
from app.assets.previews import Previews
from app.domain.assets import ListedObject, StoredObject
from app.domain.errors import NotFound
from app.domain.kinds import PROJECT_ID
from app.domain.packages import PackageSize, is_main_file
from app.domain.paths import AssetPath, Root
from app.domain.previews import is_preview, preview_at, seen
from app.domain.principal import Principal
from app.s3.beside import beside
from app.s3.listings import Listings, Page
from app.s3.objects import Objects

#: An asset, and its preview.
Exported = tuple[AssetPath, ListedObject, AssetPath | None]


class Shown(NamedTuple):
    """An asset, its preview, and of a package what it is; None where it has too many files to be
    counted at once."""

    found: StoredObject
    preview: AssetPath | None
    package: PackageSize | None


class ProjectPage(NamedTuple):
    """Project ids in order, and S3's continuation token."""

    project_ids: list[str]
    next_token: str | None


class Library:
    """Everybody's assets. Raises ``StorageError`` and ``StorageUnavailable``."""

    def __init__(
        self, objects: Objects, listings: Listings, previews: Previews, assets: AssetListings
    ) -> None:
        self._objects = objects
        self._listings = listings
        self._previews = previews
        self._assets = assets

    def find(self, principal: Principal, path: AssetPath) -> StoredObject:
        """The asset at ``path``; ``NotFound``."""
        found = self._objects.head(Root(principal.sub).key(path))
        if found is None:
            raise NotFound
        return found

    def show(self, principal: Principal, path: AssetPath) -> Shown:
        """As ``find``, with what lies beside the asset."""
        with beside(lambda: self._beside(principal, path)) as others:
            found = self.find(principal, path)
        return Shown(found, *others())

    def _beside(
        self, principal: Principal, path: AssetPath
    ) -> tuple[AssetPath | None, PackageSize | None]:
        if not is_main_file(path):
            return self._previews.find(Root(principal.sub), path), None
        package = self._assets.package_of(principal, path)
        return package.preview, package.size

    def pages(self, principal: Principal) -> Iterator[list[Exported]]:
        """Everything, page by page. The first page is asked for at once, so that a fault shows
        before anything is sent; the others when they are needed."""
        root = Root(principal.sub)
        return self._following(root, self._listings.page(root.prefix))

    def projects(self, principal: Principal, *, limit: int, token: str | None) -> ProjectPage:
        """A page of the projects that have something in them."""
        folder = projects_prefix(principal)
        page = self._listings.page(folder, limit=limit, token=token, delimiter="/")
        names = [name.removeprefix(folder).removesuffix("/") for name in page.folders]
        return ProjectPage([name for name in names if PROJECT_ID.fullmatch(name)], page.next_token)

    def _following(self, root: Root, page: Page) -> Iterator[list[Exported]]:
        preview = ""
        while True:
            exported = []
            for found in page.objects:
                if is_preview(found.key):
                    preview = seen(preview, found.key)
                elif path := root.try_path_of(found.key):
                    exported.append((path, found, preview_at(root, path, preview)))
            yield exported
            if page.next_token is None:
                return
            page = self._listings.page(root.prefix, token=page.next_token)


def projects_prefix(principal: Principal) -> str:
    """Where the caller's projects lie."""
    return f"{Root(principal.sub).prefix}projects/"
