"""What it means that an asset changes its place: copies and moves, of one file or a package.

A source is held against the rules of the kind that it goes to, its first bytes included, before S3
copies exactly what was looked at. It goes only when its copy was seen: whatever fails on the way,
the asset is still there, at one place or both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from uuid_utils import uuid7

from app.assets.deletion import Deletion
from app.assets.previews import Previews
from app.assets.verification import Verifier
from app.domain.assets import StoredObject
from app.domain.copies import Copy, Destination, plan_copy, relocate
from app.domain.errors import NotFound, Problem, StorageUnavailable, TooLarge, UploadRejected
from app.domain.kinds import Kind
from app.domain.packages import is_package
from app.domain.paths import AssetPath, Root
from app.domain.principal import Principal
from app.limits.claims import Claims
from app.limits.quota import Quota
from app.media.first_bytes import FIRST_BYTES
from app.s3.beside import beside
from app.s3.copies import Copier
from app.s3.listings import Listings
from app.signing.marks import CopyMarks

#: Files of one package: what one call can look at, copy and verify.
MAX_FILES = 1000

#: What lies at each path, with its first bytes.
_Sources = dict[AssetPath, tuple[StoredObject, bytes]]


class Relocated(NamedTuple):
    """The asset at its new place; of a package its manifest."""

    path: AssetPath
    found: StoredObject
    preview: AssetPath | None


class _Plan(NamedTuple):
    """The copies that make an asset at its new ``path``, which is a package's manifest."""

    path: AssetPath
    main_key: str
    preview: AssetPath | None
    copies: Sequence[Copy]

    @property
    def size(self) -> int:
        """Bytes altogether."""
        return sum(copy.source.size for copy in self.copies)


class Copies:
    """Copies and moves. Raises ``NotFound``, ``TooLarge`` (also for a package of more than 1,000
    files), ``UnsupportedType``, ``ValidationFailed``, ``UploadRejected`` (nothing is removed),
    ``StorageError``, ``StorageUnavailable``."""

    def __init__(
        self,
        listings: Listings,
        copier: Copier,
        verifier: Verifier,
        deletion: Deletion,
        quota: Quota,
        claims: Claims,
        max_bytes: Mapping[Kind, int],
        marks: CopyMarks,
        previews: Previews,
    ) -> None:
        self._listings = listings
        self._copier = copier
        self._verifier = verifier
        self._deletion = deletion
        self._quota = quota
        self._claims = claims
        self._max_bytes = max_bytes
        self._marks = marks
        self._previews = previews

    def copy(self, principal: Principal, path: AssetPath, to: Destination) -> Relocated:
        """Copy an asset, under a new asset id. Raises ``QuotaExceeded`` besides."""
        root = Root(principal.sub)
        sources = self._sources(root, path, lambda: [self._previews.find(root, path)])
        plan = self._plan(principal, path, sources, to)
        with self._quota.reserved(principal, plan.size):
            return self._make(plan)

    def move(self, principal: Principal, path: AssetPath, to: Destination) -> Relocated:
        """Copy an asset, then delete the original.

        What is moved is counted already, unless a URL can still write to where it was: that much
        is held until it has expired. Raises ``QuotaExceeded`` for want of it, and ``InProgress``
        while another request moves the same asset.
        """
        # By its folder, which a package is moved by, and a preview belongs to.
        with self._claims.claimed(principal.sub, path.package_folder or path.text):
            return self._move(principal, path, to)

    def _move(self, principal: Principal, path: AssetPath, to: Destination) -> Relocated:
        root = Root(principal.sub)
        # A preview stays where there are other files that it may show.
        left_alone = self._previews.left_alone
        looked = self._sources(
            root, path, lambda: [root.preview_at(key) for key in left_alone(root, [path])]
        )
        plan = self._plan(principal, path, looked, to)
        sources = [copy.source for copy in plan.copies]
        with self._quota.moving(principal, {source.key: source.size for source in sources}):
            moved = self._make(plan)
            try:
                if not self._copier.unchanged(sources):
                    raise StorageUnavailable("The asset changed while it was moved; try again")
            except Problem:
                self._copier.undo(plan.copies)
                raise
            self._deletion.delete_moved(principal, [source.key for source in sources])
        return moved

    def _sources(
        self,
        root: Root,
        path: AssetPath,
        find_previews: Callable[[], Sequence[AssetPath | None]],
    ) -> _Sources:
        """What is to be copied: the file at ``path`` with its previews, or all of a package."""
        if is_package(path):
            return self._look(root, self._files(root, path))
        with beside(find_previews) as found:
            looked = self._look(root, [path])
        previews = [preview for preview in found() if preview]
        return looked | self._look(root, previews) if previews else looked

    def _look(self, root: Root, files: Sequence[AssetPath]) -> _Sources:
        looked = self._copier.look((root.key(file) for file in files), FIRST_BYTES)
        return dict(zip(files, looked, strict=True))

    def _plan(
        self, principal: Principal, path: AssetPath, sources: _Sources, to: Destination
    ) -> _Plan:
        root = Root(principal.sub)
        relocation = relocate(path, [*sources], to, asset_id=str(uuid7()))
        copies = [
            self._plan_copy(*source, principal, relocation.paths[file])
            for file, source in sources.items()
        ]
        preview = next((to for to in relocation.paths.values() if to.is_preview), None)
        return _Plan(relocation.main, root.key(relocation.main), preview, copies)

    def _plan_copy(
        self, source: StoredObject, first: bytes, principal: Principal, path: AssetPath
    ) -> Copy:
        """The copy of ``source``, judged before it is made: nobody judges it again (T52)."""
        root = Root(principal.sub)
        mark = self._marks.make(root.key(path), source.size, principal.actor)
        copy = plan_copy(source, root, path, mark=mark, max_bytes=self._max_bytes)
        content_type = copy.headers["content-type"]
        judged = replace(source, content_type=content_type, obeyed_headers=copy.obeyed_headers)
        if reason := self._verifier.fault_of(judged, first, path):
            raise UploadRejected(reason)
        return copy

    def _make(self, plan: _Plan) -> Relocated:
        """Copy, and hold what came of it against the sources."""
        made = {found.key: found for found in self._copier.copy(plan.copies)}
        return Relocated(plan.path, made[plan.main_key], plan.preview)

    def _files(self, root: Root, path: AssetPath) -> list[AssetPath]:
        """All files of the package that ``path`` stands for."""
        page = self._listings.page(f"{root.prefix}{path.package_folder}", limit=MAX_FILES)
        if page.next_token:
            raise TooLarge(f"A package of more than {MAX_FILES:,} files cannot be copied as one")
        keys = [found.key for found in page.objects]
        previews = [preview for key in keys if (preview := root.preview_at(key))]
        files = [file for key in keys if (file := root.try_path_of(key))]
        if not files or not (path.names_package or path in files):
            raise NotFound
        return files + previews
