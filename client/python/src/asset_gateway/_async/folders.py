"""A folder as one package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asset_gateway._async.base import Base, given
from asset_gateway._sources import Source, crc64nvme, files_of
from asset_gateway._transfers import Meter, Progress
from asset_gateway.errors import GatewayError, ProblemError, problem
from asset_gateway.models import Asset, Package

#: Of which the gateway begins as many in parts with one call, and completes twice as many.
_FILES_A_BATCH = 50


class Folders(Base):
    async def upload_folder(
        self,
        folder: str | PathLike[str],
        *,
        kind: str,
        project_id: str | None = None,
        expires_in: int | None = None,
        act_as: str | None = None,
        on_progress: Progress | None = None,
    ) -> Package:
        """Upload all files below a folder as one package, such as an HLS stream.

        Hidden files are left out, and playlists go last. Folders may be three deep, which the
        gateway checks. Raises ``ValueError`` for no file; a ``ProblemError`` names the file in
        its ``filename``. Nothing is left of a folder that did not arrive whole.
        ``expires_in``: seconds after which the store removes each file, one of the gateway's own.
        """
        root = Path(folder)
        files = files_of(root)
        if not files:
            raise ValueError("there is no file in this folder")
        meter = Meter(sum(path.stat().st_size for path in files), on_progress)
        place = given(kind=kind, project_id=project_id, expires_in=expires_in)
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
                checksums = await self._send_files(begun, batch, meter, act_as)
                assets += await self._complete_files(begun, checksums, act_as)
        except Exception:
            where = f"projects/{project_id}/{kind}" if project_id else kind
            await self._give_up(begun, f"{where}/{asset_id}" if asset_id else "", act_as)
            raise
        return Package(asset_id, tuple(assets))

    async def _send_files(
        self,
        uploads: Sequence[Mapping[str, Any]],
        files: Sequence[Path],
        meter: Meter,
        act_as: str | None,
    ) -> list[str | None]:
        """Send each upload's file; their checksums, where they can be made."""

        async def send(upload: Mapping[str, Any], path: Path) -> str | None:
            with await self._io.blocking(lambda: Source(path)) as opened:
                await self._transfers.send(upload, opened, meter, act_as)
                return await self._io.blocking(lambda: crc64nvme(opened))

        return await self._io.gather(
            [
                lambda upload=upload, path=path: send(upload, path)  # type: ignore[misc]
                for upload, path in zip(uploads, files, strict=True)
            ],
            self._at_once,
        )

    async def _complete_files(
        self,
        uploads: Sequence[Mapping[str, Any]],
        checksums: Sequence[str | None],
        act_as: str | None,
    ) -> list[Asset]:
        body = given(
            upload_ids=[upload["upload_id"] for upload in uploads],
            checksums_crc64nvme=checksums if any(checksums) else None,
        )
        answer = await self._calls("POST", "/v1/uploads/complete", json=body, act_as=act_as)
        assets = []
        for item, upload in zip(answer["items"], uploads, strict=True):
            if "problem" in item:
                raise _problem_of(item, str(upload["path"]))
            assets.append(Asset.of(item["asset"]))
        return assets

    async def _give_up(
        self, uploads: Sequence[Mapping[str, Any]], folder: str, act_as: str | None
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


def _problem_of(item: Mapping[str, Any], filename: str) -> ProblemError:
    return problem(item["problem"].get("status", 0), item["problem"], filename=filename)


def _declared(path: Path, root: Path) -> dict[str, Any]:
    """A file of a package; the gateway takes its type from its name."""
    return {
        "filename": path.relative_to(root).as_posix(),
        "content_type": "application/octet-stream",
        "size": path.stat().st_size,
    }
