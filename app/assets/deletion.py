"""Deleting assets: one, a thousand by name, a package, a project; and what ends with them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple, Protocol

from app.assets.previews import Previews
from app.assets.shares import Shares
from app.aws.edge_cache import EdgeCache
from app.domain.actors import Actor
from app.domain.errors import Problem, ValidationFailed
from app.domain.kinds import check_project_id
from app.domain.packages import is_package
from app.domain.paths import AssetPath, Root
from app.domain.principal import Principal
from app.limits.quota import Quota
from app.s3.beside import beside
from app.s3.deletion import Deleter
from app.s3.in_parallel import in_parallel
from app.s3.objects import Objects

#: A thousand objects each: what one call does of a folder.
MAX_BATCHES = 5

log = logging.getLogger("gateway.deletion")


class DeletionReporter(Protocol):
    """Hears of what the API deleted, where no queue tells of it."""

    def deleted(self, keys: Iterable[str], actor: Actor) -> None: ...


class FolderDeletion(NamedTuple):
    """How far one call came; call again until ``complete``."""

    deleted_objects: int
    complete: bool


class Deletion:
    """Deletes what is the caller's. What is not there counts as deleted."""

    def __init__(
        self,
        objects: Objects,
        deleter: Deleter,
        shares: Shares,
        previews: Previews,
        edge: EdgeCache,
        quota: Quota,
        reporter: DeletionReporter | None,
    ) -> None:
        self._objects = objects
        self._deleter = deleter
        self._shares = shares
        self._previews = previews
        self._edge = edge
        self._quota = quota
        self._reporter = reporter

    def delete(self, principal: Principal, path: AssetPath) -> None:
        """Delete one asset, also the second time; with the last one of a folder its preview."""
        root = Root(principal.sub)
        key = root.key(path)

        def delete() -> Mapping[str, Problem]:
            self._objects.delete(key)
            return {}

        with beside(lambda: self._previews.left_alone(root, [path])) as left_alone:
            self._delete(principal, [key], delete)
        # Behind it, so that what ends with the asset ends whatever becomes of its preview.
        if previews := left_alone():
            failures = self._deleter.delete_keys(previews)
            self._forget(principal, [preview for preview in previews if preview not in failures])
            for problem in failures.values():
                raise problem

    def delete_many(
        self, principal: Principal, paths: Iterable[AssetPath]
    ) -> Mapping[str, Problem]:
        """Delete all that S3 lets go; the rest by path, with what it said of each."""
        root = Root(principal.sub)
        paths = [*paths]
        keys = [root.key(path, pointer=f"/paths/{i}") for i, path in enumerate(paths)]
        previews = self._previews.left_alone(root, paths)
        failures = self.delete_keys(principal, [*keys, *previews])
        return {key.removeprefix(root.prefix): problem for key, problem in failures.items()}

    def delete_keys(self, principal: Principal, keys: Collection[str]) -> Mapping[str, Problem]:
        """As ``delete_many``, by full keys."""
        return self._delete(principal, keys, lambda: self._deleter.delete_keys(keys))

    def delete_moved(self, principal: Principal, keys: Collection[str]) -> None:
        """Delete what was copied to another place. Raises the first problem.

        Nothing is undone when it fails: what the store did not answer to it may still do, and then
        there would be neither. Who is told that a move failed asks again; so one whose sources are
        gone has not failed, though its deletion gave no answer or a share could not be ended.
        """
        try:
            failures = self.delete_keys(principal, keys)
        except Problem as problem:
            if not self._are_gone(keys):
                raise
            log.warning("what ended with a move was not told: %s", problem.slug)
            self._forget(principal, keys)
            with suppress(Problem):
                self._shares.end(principal, keys, self._shares.of_assets(principal, keys))
            return
        for refusal in failures.values():
            raise refusal

    def delete_package(self, principal: Principal, path: AssetPath) -> FolderDeletion:
        """Delete a package, up to 5,000 objects a call; ``ValidationFailed`` for another path."""
        if not is_package(path) or path.package_folder is None:
            raise ValidationFailed.at(
                "/path", "A package is …/{kind}/{asset_id} and nothing more, or the manifest in it"
            )
        return self._delete_folder(principal, path.package_folder)

    def delete_project(self, principal: Principal, project_id: str) -> FolderDeletion:
        """Delete a project and all that lies in it, up to 5,000 objects a call."""
        return self._delete_folder(principal, f"projects/{check_project_id(project_id)}/")

    def _are_gone(self, keys: Collection[str]) -> bool:
        """Whether the store says that nothing is at ``keys``."""
        try:
            return not any(in_parallel(self._objects.head, keys))
        except Problem:
            return False

    def _delete_folder(self, principal: Principal, folder: str) -> FolderDeletion:
        """Raises the first problem when nothing could be deleted, so that calling again ends."""
        deleted, complete, problem = 0, False, None
        prefix = Root(principal.sub).prefix + folder

        def end_shares(keys: Collection[str]) -> None:
            # Before: a second call would not find the names of what the first has deleted.
            self._shares.end(principal, keys, self._shares.of_assets(principal, keys))

        for batch in self._deleter.delete_folder(
            prefix, max_batches=MAX_BATCHES, before=end_shares
        ):
            self._forget(principal, batch.keys)
            deleted += len(batch.keys)
            problem = problem or next(iter(batch.failures.values()), None)
            complete = batch.complete and problem is None
        if problem is not None and not deleted:
            raise problem
        return FolderDeletion(deleted, complete)

    def _delete(
        self,
        principal: Principal,
        keys: Collection[str],
        delete: Callable[[], Mapping[str, Problem]],
    ) -> Mapping[str, Problem]:
        """What ``delete`` could not delete of ``keys``; what outlives the others is ended."""
        with beside(lambda: self._shares.of_assets(principal, keys)) as share_ids:
            failures = delete()
        gone = [key for key in keys if key not in failures]
        self._forget(principal, gone)
        self._shares.end(principal, gone, share_ids())
        return failures

    def _forget(self, principal: Principal, keys: Collection[str]) -> None:
        """End what outlives an object but for its shares: its usage, the edge's copy (T35)."""
        self._edge.forget(keys)
        self._quota.changed(principal.sub)
        if self._reporter:
            self._reporter.deleted(keys, principal.actor)
