"""Bringing a deleted package back as one: its manifest, all that it names, and its preview."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.assets.previews import Finished
from app.domain.errors import NotFound, TooLarge
from app.domain.packages import likelihood
from app.domain.paths import AssetPath, Root
from app.domain.previews import is_preview
from app.domain.principal import Principal
from app.limits.quota import Quota
from app.s3.in_parallel import in_parallel
from app.s3.objects import Objects
from app.s3.versions import Version, Versions

#: Listings of one call, a thousand versions each.
MAX_CALLS = 16
#: As many as for copies: a request for each, as a rule.
MAX_FILES = 1000


class _Covered(NamedTuple):
    """A file that deletions lie upon, the newest first."""

    key: str
    size: int
    deletions: list[Version]


class Undeletion:
    """Brings packages back. Raises ``StorageError`` and ``StorageUnavailable``; call again then."""

    def __init__(self, objects: Objects, versions: Versions, quota: Quota) -> None:
        self._objects = objects
        self._versions = versions
        self._quota = quota

    def restore(self, principal: Principal, path: AssetPath) -> Finished:
        """All deleted files of the package that ``path`` stands for, as they were.

        The manifest comes behind what it names, so that none is shown that does not play, and
        previews last: one alone may be taken away by whoever hears of the deletion late. Raises
        ``NotFound``, ``QuotaExceeded``, and ``TooLarge`` for more than 1,000 deleted files or
        16,000 versions.
        """
        root = Root(principal.sub)
        kept, covered = self._look(f"{root.prefix}{path.package_folder}")
        if len(covered) > MAX_FILES:
            raise TooLarge(f"More than {MAX_FILES:,} deleted files cannot be restored as one")
        main = self._main(root, path, [*kept, *(each.key for each in covered)])
        with self._quota.reserved(principal, sum(each.size for each in covered)):
            for files in _in_turn(covered, root.key(main)):
                self._uncover(files)
        asset = self._objects.head(root.key(main))
        if asset is None:
            raise NotFound
        previews = sorted(key for key in [*kept, *(c.key for c in covered)] if is_preview(key))
        return Finished(main, asset, root.preview_at(previews[0]) if previews else None)

    def _look(self, folder: str) -> tuple[list[str], list[_Covered]]:
        """The keys that are there, and what can be brought back."""
        by_key: dict[str, list[Version]] = {}
        after: dict[str, str] = {}
        for _ in range(MAX_CALLS):
            page = self._versions.page(folder, after)
            for key, version in page.versions:
                by_key.setdefault(key, []).append(version)
            if page.after is None:
                break
            after = page.after
        else:
            raise TooLarge("A package of more than 16,000 versions cannot be restored as one")
        kept, covered = [], []
        for key, unsorted in by_key.items():
            versions = sorted(unsorted, key=Version.recency, reverse=True)
            newest = next((i for i, each in enumerate(versions) if not each.deleted), None)
            if newest == 0:
                kept.append(key)
            elif newest is not None:
                covered.append(_Covered(key, versions[newest].size or 0, versions[:newest]))
        return kept, covered

    def _main(self, root: Root, path: AssetPath, keys: Iterable[str]) -> AssetPath:
        """The file that stands for the package."""
        files = [file for key in keys if (file := root.try_path_of(key))]
        if path in files:
            return path
        if not path.names_package or not files:
            raise NotFound
        return min(files, key=lambda file: likelihood("/".join(file.segments[1:])))

    def _uncover(self, covered: Sequence[_Covered]) -> None:
        """Take the deletions away, each by its own id, of some files at a time.

        Of one file the newest last, and never many in one request: Swift brings back what lies
        right below that one alone, and nothing for a request of many.
        """

        def uncover(each: _Covered) -> None:
            for deletion in reversed(each.deletions):
                self._versions.delete(each.key, deletion.version_id)

        # It raises the first problem; a second call finds what is left.
        in_parallel(uncover, covered)


def _in_turn(covered: Sequence[_Covered], main_key: str) -> list[list[_Covered]]:
    """What the manifest at ``main_key`` names, the manifest, previews."""
    previews = [each for each in covered if is_preview(each.key)]
    main = [each for each in covered if each.key == main_key]
    return [[each for each in covered if each not in [*previews, *main]], main, previews]
