"""What it means that an asset changes its place: copies and moves, of one file or a package.

S3 copies by itself. What came of it is held against the sources and the rules of the new kind, and
a source goes only when its copy was seen: whatever fails on the way, the asset is still there, at
one place or both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from uuid_utils import uuid7

from app.assets.completion import Completion
from app.assets.deletion import Deletion
from app.domain.assets import StoredObject
from app.domain.copies import Copy, Destination, is_package, plan_copy, relocate
from app.domain.errors import NotFound, Problem, StorageError, StorageUnavailable, TooLarge
from app.domain.paths import AssetPath, Kind, Root
from app.domain.principal import Principal
from app.limits.claims import Claims
from app.limits.quota import Quota
from app.s3.copies import Copier
from app.s3.listings import Listings
from app.signing.tokens import CopyMarks

#: Files of one package: what one call can look at, copy and verify.
MAX_FILES = 1000


class Relocated(NamedTuple):
    """The asset at its new place; of a package its manifest."""

    path: AssetPath
    found: StoredObject


class _Plan(NamedTuple):
    """The copies that make an asset at its new ``path``, which is a package's manifest."""

    path: AssetPath
    copies: Sequence[Copy]

    @property
    def size(self) -> int:
        """Bytes altogether."""
        return sum(copy.source.size for copy in self.copies)


class Copies:
    """Copies and moves. Raises ``NotFound``, ``TooLarge`` (also for a package of more than 1,000
    files), ``UnsupportedType``, ``ValidationFailed``, ``StorageError``, ``StorageUnavailable``."""

    def __init__(
        self,
        listings: Listings,
        copier: Copier,
        completion: Completion,
        deletion: Deletion,
        quota: Quota,
        claims: Claims,
        max_bytes: Mapping[Kind, int],
        marks: CopyMarks,
    ) -> None:
        self._listings = listings
        self._copier = copier
        self._completion = completion
        self._deletion = deletion
        self._quota = quota
        self._claims = claims
        self._max_bytes = max_bytes
        self._marks = marks

    def copy(self, principal: Principal, path: AssetPath, to: Destination) -> Relocated:
        """Copy an asset, under a new asset id. Raises ``QuotaExceeded`` besides."""
        plan = self._plan(Root(principal.sub), path, to)
        with self._quota.reserved(principal, plan.size):
            return self._make(principal, plan)

    def move(self, principal: Principal, path: AssetPath, to: Destination) -> Relocated:
        """Copy an asset, then delete the original.

        What is moved is counted already, unless a URL can still write to where it was: that much
        is held until it has expired. Raises ``QuotaExceeded`` for want of it, and ``InProgress``
        while another request moves the same asset.
        """
        claim = path.package_folder if is_package(path) else path.text
        with self._claims.claimed(principal.sub, claim or path.text):
            return self._move(principal, path, to)

    def _move(self, principal: Principal, path: AssetPath, to: Destination) -> Relocated:
        plan = self._plan(Root(principal.sub), path, to)
        sources = [copy.source for copy in plan.copies]
        with self._quota.moving(principal, {source.key: source.size for source in sources}):
            moved = self._make(principal, plan)
            if not self._copier.unchanged(sources):
                self._copier.undo(plan.copies)
                raise StorageUnavailable("The asset changed while it was moved; try again")
            failures = self._deletion.delete_keys(principal, [source.key for source in sources])
        for problem in failures.values():
            raise problem
        return moved

    def _plan(self, root: Root, path: AssetPath, to: Destination) -> _Plan:
        files = self._files(root, path)
        relocation = relocate(path, files, to, asset_id=str(uuid7()))
        sources = self._copier.look(root.key(file) for file in files)
        copies = [
            self._plan_copy(source, root, relocation.paths[file])
            for file, source in zip(files, sources, strict=True)
        ]
        return _Plan(relocation.main, copies)

    def _plan_copy(self, source: StoredObject, root: Root, path: AssetPath) -> Copy:
        mark = self._marks.make(root.key(path), source.size)
        return plan_copy(source, root, path, mark=mark, max_bytes=self._max_bytes)

    def _make(self, principal: Principal, plan: _Plan) -> Relocated:
        """Copy, and hold what came of it against the sources and the rules of the kind."""
        self._copier.copy(plan.copies)
        try:
            found = self._completion.verify(principal, plan.path)
            whole = len(plan.copies) > 1
            made = self._copier.look(copy.key for copy in plan.copies) if whole else [found]
            if [each.size for each in made] != [copy.source.size for copy in plan.copies]:
                raise StorageError("The storage did not copy the asset in full")
        except Problem:
            self._copier.undo(plan.copies)
            raise
        return Relocated(plan.path, found)

    def _files(self, root: Root, path: AssetPath) -> list[AssetPath]:
        """The asset itself, or all files of the package that ``path`` stands for."""
        if not is_package(path) or path.package_folder is None:
            return [path]
        page = self._listings.page(root.prefix + path.package_folder, limit=MAX_FILES)
        if page.next_token:
            raise TooLarge(f"A package of more than {MAX_FILES:,} files cannot be copied as one")
        files = [file for found in page.objects if (file := root.try_path_of(found.key))]
        if not files or not (path.names_package or path in files):
            raise NotFound
        return files
