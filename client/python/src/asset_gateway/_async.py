"""The client for asyncio, and every operation, written once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx

from asset_gateway._calls import Calls
from asset_gateway._io import IO, AsyncIO, Token
from asset_gateway._sources import Sendable, Source, crc64nvme, files_of
from asset_gateway._transfers import Meter, Progress, Transfers
from asset_gateway.errors import GatewayError, ProblemError, problem
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

Disposition = Literal["inline", "attachment"]
TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=None)
MOST_AT_ONCE = 4
_FILES_A_BATCH = 50
_COMPLETED_A_CALL = 100


class Operations:
    """What both clients do. See the README for each."""

    def __init__(self, io: IO, base_url: str, act_as: str | None, at_once: int) -> None:
        self._io = io
        self._base_url = base_url
        self._at_once = at_once
        self._calls = Calls(io, base_url, act_as)
        self._transfers = Transfers(self._calls, at_once)

    # --- uploads ---

    async def upload(
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
        with await self._io.blocking(lambda: Source(source, filename)) as opened:
            declared = {
                "filename": opened.filename,
                "content_type": content_type or "application/octet-stream",
                "size": opened.size,
                "kind": kind,
                "project_id": project_id,
                "asset_id": asset_id,
                "metadata": dict(metadata) if metadata else None,
                "expires_in": expires_in,
            }
            if resume is not None:
                upload = await self._calls("GET", f"/v1/uploads/{resume}", act_as=act_as)
                if upload["size"] != opened.size:
                    raise ValueError("this is not the file that the upload was begun with")
            else:
                known = {name: value for name, value in declared.items() if value is not None}
                upload = await self._calls("POST", "/v1/uploads", json=known, act_as=act_as)
            if on_begin is not None:
                on_begin(str(upload["upload_id"]))
            meter = Meter(opened.size, on_progress)
            await self._transfers.send(upload, opened, meter, act_as)
            return await self._complete(upload, opened, meter, act_as)

    async def _complete(
        self, upload: Mapping[str, Any], source: Source, meter: Meter, act_as: str | None
    ) -> Asset:
        checksum = await self._io.blocking(lambda: crc64nvme(source))
        body = {"checksum_crc64nvme": checksum} if checksum else {}
        path = f"/v1/uploads/{upload['upload_id']}"
        try:
            return Asset.of(await self._calls("POST", f"{path}/complete", json=body, act_as=act_as))
        except ProblemError as error:
            if error.slug != "upload-incomplete":
                raise
        # The store lost something that it had confirmed, or another client aborted a part.
        meter.restart()
        await self._transfers.send(
            await self._calls("GET", path, act_as=act_as), source, meter, act_as
        )
        return Asset.of(await self._calls("POST", f"{path}/complete", json=body, act_as=act_as))

    async def upload_folder(
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
        root = Path(folder)
        files = files_of(root)
        if not files:
            raise ValueError("there is no file in this folder")
        meter = Meter(sum(path.stat().st_size for path in files), on_progress)
        place = {"kind": kind} | ({"project_id": project_id} if project_id else {})
        asset_id = ""
        begun: list[Mapping[str, Any]] = []
        assets: list[Asset] = []
        try:
            for start in range(0, len(files), _FILES_A_BATCH):
                batch = files[start : start + _FILES_A_BATCH]
                grouped = place | ({"asset_id": asset_id} if asset_id else {})
                declared = [_declared(path, root) | grouped for path in batch]
                body = {"uploads": declared, "package": not asset_id}
                answer = await self._calls("POST", "/v1/uploads/batch", json=body, act_as=act_as)
                items = answer["items"]
                begun = [item["upload"] for item in items if "upload" in item]
                asset_id = next((str(upload["asset_id"]) for upload in begun), asset_id)
                for item, file in zip(items, declared, strict=True):
                    if "problem" in item:
                        raise _problem_of(item, str(file["filename"]))
                await self._send_files(begun, batch, meter, act_as)
                assets += await self._complete_many(begun, act_as)
        except Exception:
            where = f"projects/{project_id}/{kind}" if project_id else kind
            await self._give_up(begun, f"{where}/{asset_id}" if asset_id else "", act_as)
            raise
        return Package(asset_id, tuple(assets))

    async def _send_files(
        self,
        uploads: Iterable[Mapping[str, Any]],
        files: Iterable[Path],
        meter: Meter,
        act_as: str | None,
    ) -> None:
        async def send(upload: Mapping[str, Any], path: Path) -> None:
            with await self._io.blocking(lambda: Source(path)) as opened:
                await self._transfers.send(upload, opened, meter, act_as)

        await self._io.gather(
            [
                lambda upload=upload, path=path: send(upload, path)  # type: ignore[misc]
                for upload, path in zip(uploads, files, strict=True)
            ],
            self._at_once,
        )

    async def _give_up(
        self, uploads: Iterable[Mapping[str, Any]], folder: str, act_as: str | None
    ) -> None:
        """Leave nothing of a package that cannot be had whole, as far as the gateway answers."""
        with suppress(GatewayError):
            for upload in uploads:
                path = f"/v1/uploads/{upload['upload_id']}"
                await self._calls("DELETE", path, act_as=act_as)
            if folder:
                await self._until_complete(
                    f"/v1/assets/{quote(folder)}", {"recursive": "true"}, act_as
                )

    async def _complete_many(
        self, uploads: list[Mapping[str, Any]], act_as: str | None
    ) -> list[Asset]:
        found = []
        for start in range(0, len(uploads), _COMPLETED_A_CALL):
            some = uploads[start : start + _COMPLETED_A_CALL]
            body = {"upload_ids": [upload["upload_id"] for upload in some]}
            answer = await self._calls("POST", "/v1/uploads/complete", json=body, act_as=act_as)
            for item, upload in zip(answer["items"], some, strict=True):
                if "problem" in item:
                    raise _problem_of(item, str(upload["path"]))
                found.append(Asset.of(item["asset"]))
        return found

    async def abort(self, upload_id: str) -> None:
        """Give an unfinished upload up. Nothing happens to one that is complete."""
        await self._calls("DELETE", f"/v1/uploads/{upload_id}")

    # --- assets ---

    async def asset(self, path: str) -> Asset:
        """One asset, with its metadata and a link."""
        return Asset.of(await self._calls("GET", f"/v1/assets/{quote(path)}"))

    async def page(
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
        params = {
            "kind": kind,
            "project_id": project_id,
            "prefix": prefix,
            "limit": limit,
            "cursor": cursor,
            "sign": "true" if sign else None,
        }
        found = await self._calls("GET", "/v1/assets", params=params)
        return Page(tuple(map(Asset.of, found["items"])), found["next_cursor"])

    async def download(self, path: str, to: str | PathLike[str]) -> Path:
        """Save an asset to a file, or into a folder under its own name; the file's path."""
        asset = await self.asset(path)
        target = Path(to)
        if target.is_dir():
            target /= asset.filename
        first: list[str] = [asset.link.url] if asset.link else []

        async def link() -> str:
            return first.pop() if first else (await self.links([path]))[0].url

        await self._transfers.save(link, asset.size, asset.etag, target)
        return target

    async def links(
        self,
        paths: Iterable[str],
        *,
        expires_in: int | None = None,
        disposition: Disposition | None = None,
        via: Literal["auto", "s3", "cloudfront"] | None = None,
    ) -> list[Link]:
        """A signed URL for each path, at most 1,000, in their order."""
        asked = {"expires_in": expires_in, "disposition": disposition, "via": via}
        body = {name: value for name, value in asked.items() if value is not None}
        found = await self._calls("POST", "/v1/links", json={"paths": [*paths], **body})
        return [Link.of(link) for link in found["links"]]

    async def delete(self, paths: str | Iterable[str]) -> Deleted:
        """Delete assets by their paths; any number."""
        names = [paths] if isinstance(paths, str) else [*paths]
        deleted: list[str] = []
        errors: dict[str, str] = {}
        for start in range(0, len(names), 1000):
            body = {"paths": names[start : start + 1000]}
            found = await self._calls("POST", "/v1/assets/delete", json=body)
            deleted += found["deleted"]
            errors |= {error["path"]: error["code"] for error in found["errors"]}
        return Deleted(tuple(deleted), errors)

    async def delete_package(self, path: str) -> int:
        """Delete everything below ``…/{kind}/{asset_id}``; how many objects went."""
        return await self._until_complete(f"/v1/assets/{quote(path)}", {"recursive": "true"})

    async def delete_project(self, project_id: str) -> int:
        """Delete a project; how many objects went."""
        return await self._until_complete(f"/v1/projects/{quote(project_id)}", {})

    async def _until_complete(
        self, path: str, params: dict[str, Any], act_as: str | None = None
    ) -> int:
        gone = 0
        while True:
            found = await self._calls("DELETE", path, params=params, act_as=act_as)
            gone += int(found["deleted_objects"])
            if found["complete"]:
                return gone

    async def copy(self, path: str, *, kind: str, project_id: str | None = None) -> Asset:
        """Copy an asset or package under a new asset id."""
        return await self._place("copy", path, kind, project_id)

    async def move(self, path: str, *, kind: str, project_id: str | None = None) -> Asset:
        """Move it, to a new asset id."""
        return await self._place("move", path, kind, project_id)

    async def _place(self, how: str, path: str, kind: str, project_id: str | None) -> Asset:
        body = {"path": path, "kind": kind} | ({"project_id": project_id} if project_id else {})
        return Asset.of(await self._calls("POST", f"/v1/assets/{how}", json=body, repeatable=False))

    async def versions(self, path: str) -> list[Version]:
        """Versions of an asset, newest first, where the bucket keeps them."""
        found = await self._calls("GET", "/v1/versions", params={"path": path})
        return [Version.of(version) for version in found["items"]]

    async def restore(self, path: str, version_id: str | None = None) -> Asset:
        """Undelete an asset, or bring an old version back."""
        body = {"path": path} | ({"version_id": version_id} if version_id else {})
        return Asset.of(await self._calls("POST", "/v1/assets/restore", json=body))

    # --- shares and the caller ---

    async def share(
        self,
        path: str,
        *,
        expires_in: int | None = None,
        disposition: Disposition | None = None,
        note: str | None = None,
        max_opens: int | None = None,
    ) -> Share:
        """Make a link that works without an account, with a note to whoever opens it."""
        asked: dict[str, Any] = {
            "path": path,
            "expires_in": expires_in,
            "disposition": disposition,
            "note": note,
            "max_opens": max_opens,
        }
        body = {name: value for name, value in asked.items() if value is not None}
        return Share.of(await self._calls("POST", "/v1/shares", json=body, repeatable=False))

    async def shares(self) -> list[Share]:
        """All open shares."""
        shares: list[Share] = []
        cursor: str | None = None
        while True:
            found = await self._calls("GET", "/v1/shares", params={"cursor": cursor})
            shares += map(Share.of, found["items"])
            cursor = found.get("next_cursor")
            if cursor is None:
                return shares

    async def revoke(self, share_id: str) -> None:
        """End a share."""
        await self._calls("DELETE", f"/v1/shares/{quote(share_id)}")

    async def request_uploads(
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
        asked: dict[str, Any] = {
            "kind": kind,
            "project_id": project_id,
            "content_types": None if content_types is None else [*content_types],
            "max_bytes": max_bytes,
            "max_files": max_files,
            "expires_in": expires_in,
            "note": note,
        }
        body = {name: value for name, value in asked.items() if value is not None}
        made = await self._calls("POST", "/v1/requests", json=body, repeatable=False)
        return UploadRequest.of(made)

    async def upload_requests(self) -> list[UploadRequest]:
        """All open upload requests."""
        requests: list[UploadRequest] = []
        cursor: str | None = None
        while True:
            found = await self._calls("GET", "/v1/requests", params={"cursor": cursor})
            requests += map(UploadRequest.of, found["items"])
            cursor = found.get("next_cursor")
            if cursor is None:
                return requests

    async def revoke_request(self, request_id: str) -> None:
        """End an upload request."""
        await self._calls("DELETE", f"/v1/requests/{quote(request_id)}")

    async def me(self) -> Caller:
        """Who the gateway takes the caller for, with usage and limits."""
        return Caller.of(await self._calls("GET", "/v1/me"))

    # --- all of a listing, and another user ---

    def acting_for(self, sub: str) -> Operations:
        """The same gateway for one user, over the same connections."""
        return Operations(self._io, self._base_url, sub, self._at_once)

    async def assets(
        self,
        *,
        kind: str | None = None,
        project_id: str | None = None,
        prefix: str | None = None,
        sign: bool = False,
    ) -> AsyncIterator[Asset]:
        """Every asset, page after page."""
        cursor: str | None = None
        while True:
            page = await self.page(
                kind=kind, project_id=project_id, prefix=prefix, sign=sign, cursor=cursor
            )
            for asset in page:
                yield asset
            cursor = page.next_cursor
            if cursor is None:
                return


class AsyncClient(Operations):
    """A gateway, for asyncio. An async context manager.

    :param base_url: the gateway's address.
    :param token: an access token, or what gives one, plain or async: ``ClientCredentials``.
    :param act_as: for back ends: the user whose assets these are.
    :param at_once: how many parts or files are sent at once.
    :param http: a client of your own, for proxies or certificates; it is not closed here.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        act_as: str | None = None,
        at_once: int = MOST_AT_ONCE,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._own = http is None
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        super().__init__(AsyncIO(self._http, token), base_url, act_as, at_once)

    async def aclose(self) -> None:
        if self._own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()


def _problem_of(item: Mapping[str, Any], filename: str) -> ProblemError:
    return problem(item["problem"].get("status", 0), item["problem"], filename=filename)


def _declared(path: Path, root: Path) -> dict[str, Any]:
    """A file of a package; the gateway takes its type from its name."""
    return {
        "filename": path.relative_to(root).as_posix(),
        "content_type": "application/octet-stream",
        "size": path.stat().st_size,
    }
