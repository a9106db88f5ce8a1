"""Copying and moving assets between the library and projects."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Response
from uuid_utils import uuid7

from app.api.answers import answer, stored_asset
from app.api.context import caller_root, services
from app.api.deletions import forget
from app.api.documentation import Blueprint
from app.auth.bearer import current_principal
from app.domain.assets import StoredObject
from app.domain.copies import Copy, is_package, plan_copy, relocate
from app.domain.errors import NotFound, Problem, StorageError, StorageUnavailable, TooLarge
from app.domain.paths import AssetPath, Root
from app.schemas.assets import AssetSchema
from app.schemas.manage import RelocationSchema

blp = Blueprint("copies", description="Copy and move assets between library and projects")

#: Files of one package: what one call can look at, copy and verify.
MAX_FILES = 1000


class Plan(NamedTuple):
    """The copies that make an asset at its new ``path``, which is a package's manifest."""

    path: AssetPath
    copies: Sequence[Copy]

    @property
    def size(self) -> int:
        """Bytes altogether."""
        return sum(copy.source.size for copy in self.copies)


@blp.route("/v1/assets/copy", methods=["POST"])
@blp.arguments(RelocationSchema)
@blp.response(201, AssetSchema)
@blp.problems(404, 409, 413, 415)
def copy_asset(wanted: dict[str, Any]) -> Response:
    """Copy an asset.

    To a kind of the library, or of a project, under a new asset id: nothing is overwritten.
    `…/{kind}/{asset_id}` alone, or the manifest in it, stands for the whole package, of at most
    1,000 files; the answer is then its manifest.
    """
    root = caller_root()
    plan = _plan(root, wanted)
    with services.quota.reserved(current_principal, plan.size):
        found = _make(root, plan)
    return _asset_answer(root, plan.path, found)


@blp.route("/v1/assets/move", methods=["POST"])
@blp.arguments(RelocationSchema)
@blp.response(201, AssetSchema)
@blp.problems(404, 409, 413, 415)
def move_asset(wanted: dict[str, Any]) -> Response:
    """Move an asset.

    As `copy`; the original is deleted once the copy has been verified. Whatever fails on the way,
    the asset is still there, at one place or both.
    """
    root = caller_root()
    plan = _plan(root, wanted)
    # Nothing is reserved: what is moved is counted already.
    found = _make(root, plan)
    sources = [copy.source for copy in plan.copies]
    if not services.copier.unchanged(sources):
        services.copier.undo(plan.copies)
        raise StorageUnavailable("The asset changed while it was moved; try again")
    failures = services.deleter.delete_keys(source.key for source in sources)
    forget(root, [source.key for source in sources if source.key not in failures])
    for problem in failures.values():
        raise problem
    return _asset_answer(root, plan.path, found)


def _plan(root: Root, wanted: dict[str, Any]) -> Plan:
    path = AssetPath.parse(wanted["path"])
    files = _files(root, path)
    relocation = relocate(
        path,
        files,
        kind=wanted["kind"],
        project_id=wanted["project_id"],
        asset_id=str(uuid7()),
    )
    sources = services.copier.look(root.key(file) for file in files)
    mark, max_bytes = secrets.token_urlsafe(16), services.max_bytes
    copies = [
        plan_copy(source, root, relocation.paths[file], mark=mark, max_bytes=max_bytes)
        for file, source in zip(files, sources, strict=True)
    ]
    return Plan(relocation.main, copies)


def _make(root: Root, plan: Plan) -> StoredObject:
    """Copy, and hold what came of it against the sources and the rules of the kind."""
    services.copier.copy(plan.copies)
    try:
        found = services.verifier.verify_object(root, plan.path)
        whole = len(plan.copies) > 1
        made = services.copier.look(copy.key for copy in plan.copies) if whole else [found]
        if [each.size for each in made] != [copy.source.size for copy in plan.copies]:
            raise StorageError("The storage did not copy the asset in full")
    except Problem:
        services.copier.undo(plan.copies)
        raise
    return found


def _files(root: Root, path: AssetPath) -> list[AssetPath]:
    """The asset itself, or all files of the package that ``path`` stands for."""
    if not is_package(path) or path.package_folder is None:
        return [path]
    page = services.listing.page(root.prefix + path.package_folder, limit=MAX_FILES)
    if page.next_token:
        raise TooLarge(f"A package of more than {MAX_FILES:,} files cannot be copied as one")
    files = [file for found in page.objects if (file := root.try_path_of(found.key))]
    if not files or not (path.names_package or path in files):
        raise NotFound
    return files


def _asset_answer(root: Root, path: AssetPath, found: StoredObject) -> Response:
    [link] = services.links.sign(root, [path])
    return answer(stored_asset(path, found, link), 201)
