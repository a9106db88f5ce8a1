"""The blocking client: the same operations, driven to their end at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import httpx

from asset_gateway._async import MOST_AT_ONCE, TIMEOUT, Disposition, Operations
from asset_gateway._io import SyncIO, run
from asset_gateway._sources import Sendable
from asset_gateway._transfers import Progress
from asset_gateway.models import (
    Asset,
    Caller,
    Deleted,
    Link,
    Package,
    Page,
    Share,
    UploadRequest,
    Version,
)


class BlockingOperations:
    """Every operation of the gateway; parts and files are sent by threads."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def acting_for(self, sub: str) -> BlockingOperations:
        """The same gateway for one user, over the same connections."""
        return BlockingOperations(self._operations.acting_for(sub))

    def assets(
        self,
        *,
        kind: str | None = None,
        project_id: str | None = None,
        prefix: str | None = None,
        sign: bool = False,
    ) -> Iterator[Asset]:
        """Every asset, page after page."""
        cursor: str | None = None
        while True:
            page = self.page(
                kind=kind, project_id=project_id, prefix=prefix, sign=sign, cursor=cursor
            )
            yield from page
            cursor = page.next_cursor
            if cursor is None:
                return

    def upload(
        self,
        source: Sendable,
        *,
        filename: str | None = None,
        content_type: str = "",
        kind: str | None = None,
        project_id: str | None = None,
        asset_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        expires_in: int | None = None,
        act_as: str | None = None,
        resume: str | None = None,
        on_begin: Callable[[str], None] | None = None,
        on_progress: Progress | None = None,
    ) -> Asset:
        """Upload a path, an open file that can seek, or bytes; the verified asset.

        ``on_begin`` hears the upload's id before a byte is sent. ``resume`` takes it, also from a
        ``TransferError``: only what is missing is sent.
        ``on_progress`` hears bytes sent and bytes in all, from any thread.
        ``expires_in``: seconds after which the store removes it, one of the gateway's own.
        """
        return run(
            self._operations.upload(
                source,
                filename=filename,
                content_type=content_type,
                kind=kind,
                project_id=project_id,
                asset_id=asset_id,
                metadata=metadata,
                expires_in=expires_in,
                act_as=act_as,
                resume=resume,
                on_begin=on_begin,
                on_progress=on_progress,
            )
        )

    def upload_folder(
        self,
        folder: str | PathLike[str],
        *,
        kind: str,
        project_id: str | None = None,
        act_as: str | None = None,
        on_progress: Progress | None = None,
    ) -> Package:
        """Upload all files below a folder as one package, such as an HLS stream.

        Hidden files are left out, and playlists go last. Folders may be three deep, which the
        gateway checks. Raises ``ValueError`` for no file; a ``ProblemError`` names the file in
        its ``filename``. Nothing is left of a folder that did not arrive whole.
        """
        return run(
            self._operations.upload_folder(
                folder,
                kind=kind,
                project_id=project_id,
                act_as=act_as,
                on_progress=on_progress,
            )
        )

    def abort(self, upload_id: str) -> None:
        """Give an unfinished upload up. Nothing happens to one that is complete."""
        run(self._operations.abort(upload_id))

    def asset(self, path: str) -> Asset:
        """One asset, with its metadata and a link."""
        return run(self._operations.asset(path))

    def page(
        self,
        *,
        kind: str | None = None,
        project_id: str | None = None,
        prefix: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        sign: bool = False,
    ) -> Page[Asset]:
        """Part of a listing, in the order of keys."""
        return run(
            self._operations.page(
                kind=kind,
                project_id=project_id,
                prefix=prefix,
                limit=limit,
                cursor=cursor,
                sign=sign,
            )
        )

    def download(self, path: str, to: str | PathLike[str]) -> Path:
        """Save an asset to a file, or into a folder under its own name; the file's path."""
        return run(self._operations.download(path, to))

    def links(
        self,
        paths: Iterable[str],
        *,
        expires_in: int | None = None,
        disposition: Disposition | None = None,
        via: Literal["auto", "s3", "cloudfront"] | None = None,
    ) -> list[Link]:
        """A signed URL for each path, at most 1,000, in their order."""
        return run(
            self._operations.links(
                paths,
                expires_in=expires_in,
                disposition=disposition,
                via=via,
            )
        )

    def delete(self, paths: str | Iterable[str]) -> Deleted:
        """Delete assets by their paths; any number."""
        return run(self._operations.delete(paths))

    def delete_package(self, path: str) -> int:
        """Delete everything below ``…/{kind}/{asset_id}``; how many objects went."""
        return run(self._operations.delete_package(path))

    def delete_project(self, project_id: str) -> int:
        """Delete a project; how many objects went."""
        return run(self._operations.delete_project(project_id))

    def copy(self, path: str, *, kind: str, project_id: str | None = None) -> Asset:
        """Copy an asset or package under a new asset id."""
        return run(self._operations.copy(path, kind=kind, project_id=project_id))

    def move(self, path: str, *, kind: str, project_id: str | None = None) -> Asset:
        """Move it, to a new asset id."""
        return run(self._operations.move(path, kind=kind, project_id=project_id))

    def versions(self, path: str) -> list[Version]:
        """Versions of an asset, newest first, where the bucket keeps them."""
        return run(self._operations.versions(path))

    def restore(self, path: str, version_id: str | None = None) -> Asset:
        """Undelete an asset, or bring an old version back."""
        return run(self._operations.restore(path, version_id))

    def share(
        self,
        path: str,
        *,
        expires_in: int | None = None,
        disposition: Disposition | None = None,
        note: str | None = None,
        max_opens: int | None = None,
    ) -> Share:
        """Make a link that works without an account, with a note to whoever opens it."""
        return run(
            self._operations.share(
                path,
                expires_in=expires_in,
                disposition=disposition,
                note=note,
                max_opens=max_opens,
            )
        )

    def shares(self) -> list[Share]:
        """All open shares."""
        return run(self._operations.shares())

    def revoke(self, share_id: str) -> None:
        """End a share."""
        run(self._operations.revoke(share_id))

    def request_uploads(
        self,
        kind: str,
        *,
        project_id: str | None = None,
        content_types: Sequence[str] | None = None,
        max_bytes: int | None = None,
        max_files: int | None = None,
        expires_in: int | None = None,
        note: str | None = None,
    ) -> UploadRequest:
        """Make a link by which whoever has it sends files, without an account."""
        return run(
            self._operations.request_uploads(
                kind,
                project_id=project_id,
                content_types=content_types,
                max_bytes=max_bytes,
                max_files=max_files,
                expires_in=expires_in,
                note=note,
            )
        )

    def upload_requests(self) -> list[UploadRequest]:
        """All open upload requests."""
        return run(self._operations.upload_requests())

    def revoke_request(self, request_id: str) -> None:
        """End an upload request."""
        run(self._operations.revoke_request(request_id))

    def me(self) -> Caller:
        """Who the gateway takes the caller for, with usage and limits."""
        return run(self._operations.me())


class Client(BlockingOperations):
    """A gateway. A context manager, and thread-safe.

    :param base_url: the gateway's address.
    :param token: an access token, or what gives one: ``ClientCredentials``.
    :param act_as: for back ends: the user whose assets these are.
    :param at_once: how many parts or files are sent at once.
    :param http: a client of your own, for proxies or certificates; it is not closed here.
    """

    def __init__(
        self,
        base_url: str,
        token: str | Callable[[], str],
        *,
        act_as: str | None = None,
        at_once: int = MOST_AT_ONCE,
        http: httpx.Client | None = None,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT)
        super().__init__(Operations(SyncIO(self._http, token), base_url, act_as, at_once))

    def close(self) -> None:
        if self._own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
