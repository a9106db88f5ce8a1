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
from app.domain.assets import StoredObject
from app.domain.copies import Copy, is_package, plan_copy, relocate
from app.domain.errors import NotFound, Problem, StorageError, StorageUnavailable, TooLarge
from app.domain.paths import AssetPath, Root
from app.schemas.assets import AssetSchema
from app.schemas.manage import RelocationSchema

blp = Blueprint("copies", description="Copy and move assets between library and projects")

#: Files of one package: what one call can look at, copy and verify.
MAX_FILES = 1000


class Made(NamedTuple):
    """A copy that was made and verified: where it lies, and what it was made of."""

    path: AssetPath
    found: StoredObject
    copies: Sequence[Copy]


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
    return _asset_answer(root, _copy(root, wanted))


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
    made = _copy(root, wanted)
    sources = [copy.source for copy in made.copies]
    if not services.copier.unchanged(sources):
        services.copier.undo(made.copies)
        raise StorageUnavailable("The asset changed while it was moved; try again")
    failures = services.deleter.delete_keys(source.key for source in sources)
    forget(root, [source.key for source in sources if source.key not in failures])
    for problem in failures.values():
        raise problem
    return _asset_answer(root, made)


def _copy(root: Root, wanted: dict[str, Any]) -> Made:
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
    services.copier.copy(copies)
    try:
        return Made(relocation.main, _verify(root, relocation.main, copies), copies)
    except Problem:
        services.copier.undo(copies)
        raise


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


def _verify(root: Root, main: AssetPath, copies: Sequence[Copy]) -> StoredObject:
    """What came of the copies, held against the sources and the rules of the kind."""
    found = services.verifier.verify_object(root, main)
    stored = [found] if len(copies) == 1 else services.copier.look(copy.key for copy in copies)
    if [each.size for each in stored] != [copy.source.size for copy in copies]:
        raise StorageError("The storage did not copy the asset in full")
    return found


def _asset_answer(root: Root, made: Made) -> Response:
    [link] = services.links.sign(root, [made.path])
    return answer(stored_asset(made.path, made.found, link), 201)
