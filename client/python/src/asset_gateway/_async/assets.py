"""Assets by their paths."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from asset_gateway._async.base import Base, given
from asset_gateway.models import Asset, Deleted, Disposition, Link, Playback, Version, Via

_PATHS_A_CALL = 1000


class Assets(Base):
    async def asset(self, path: str) -> Asset:
        """One asset, with its metadata and a link."""
        return Asset.of(await self._calls("GET", f"/v1/assets/{quote(path)}"))

    async def verify(self, path: str) -> Asset:
        """Have the gateway judge what came without completion, such as an upload of Uppy's."""
        return Asset.of(await self._calls("POST", "/v1/assets/verify", json={"path": path}))

    async def download(self, path: str, to: str | PathLike[str]) -> Path:
        """Save an asset to a file, or into a folder under its own name; the file's path."""
        asset = await self.asset(path)
        target = Path(to)
        if target.is_dir():
            # Whatever the answer says, nothing is written outside of the folder.
            target /= PurePosixPath(asset.filename).name
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
        via: Via | None = None,
    ) -> list[Link]:
        """A signed URL for each path, at most 1,000, in their order."""
        asked = given(paths=[*paths], expires_in=expires_in, disposition=disposition, via=via)
        found = await self._calls("POST", "/v1/links", json=asked)
        return [Link.of(link) for link in found["links"]]

    async def playback(self, path: str, *, expires_in: int | None = None) -> Playback:
        """One signature for the folder of an HLS or DASH manifest; the gateway needs CloudFront."""
        asked = given(path=path, expires_in=expires_in)
        return Playback.of(await self._calls("POST", "/v1/playback", json=asked))

    async def copy(
        self, path: str, *, kind: str | None = None, project_id: str | None = None
    ) -> Asset:
        """Copy an asset or package under a new asset id, to the library unless a project is named.

        Without a ``kind``, it keeps its own.
        """
        return await self._place("copy", path, kind, project_id)

    async def move(
        self, path: str, *, kind: str | None = None, project_id: str | None = None
    ) -> Asset:
        """Move it, to a new asset id, as ``copy`` does."""
        return await self._place("move", path, kind, project_id)

    async def _place(self, how: str, path: str, kind: str | None, project_id: str | None) -> Asset:
        body = given(path=path, kind=kind, project_id=project_id)
        return Asset.of(await self._calls("POST", f"/v1/assets/{how}", json=body, repeatable=False))

    async def versions(self, path: str) -> list[Version]:
        """Versions of an asset, newest first, where the bucket keeps them."""
        found = await self._calls("GET", "/v1/versions", params={"path": path})
        return [Version.of(version) for version in found["items"]]

    async def restore(self, path: str, version_id: str | None = None) -> Asset:
        """Undelete an asset or package, or bring an old version back."""
        body = given(path=path, version_id=version_id)
        return Asset.of(await self._calls("POST", "/v1/assets/restore", json=body))

    async def delete(self, paths: str | Iterable[str]) -> Deleted:
        """Delete assets by their paths; any number."""
        names = [paths] if isinstance(paths, str) else [*paths]
        deleted: list[str] = []
        errors: dict[str, str] = {}
        for start in range(0, len(names), _PATHS_A_CALL):
            body = {"paths": names[start : start + _PATHS_A_CALL]}
            found = await self._calls("POST", "/v1/assets/delete", json=body)
            deleted += found["deleted"]
            errors |= {error["path"]: error["code"] for error in found["errors"]}
        return Deleted(tuple(deleted), errors)

    async def delete_package(self, path: str) -> int:
        """Delete everything below ``…/{kind}/{asset_id}``; how many objects went."""
        return await self._delete_folder(f"/v1/assets/{quote(path)}", recursive=True)

    async def delete_project(self, project_id: str) -> int:
        """Delete a project; how many objects went."""
        return await self._delete_folder(f"/v1/projects/{quote(project_id)}", recursive=False)

    async def _delete_folder(self, path: str, *, recursive: bool) -> int:
        answers = await self._until_complete(path, {"recursive": "true"} if recursive else {})
        return sum(int(answer["deleted_objects"]) for answer in answers)
