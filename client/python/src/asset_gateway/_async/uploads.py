"""One file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asset_gateway._async.base import Base, given
from asset_gateway._sources import Sendable, Source, crc64nvme
from asset_gateway._transfers import Meter, Progress
from asset_gateway.errors import ProblemError
from asset_gateway.models import Asset, Unfinished


class Uploads(Base):
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
        preview_for: str | None = None,
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
        ``preview_for``: the path of an asset that this small picture is a preview of, without
        ``kind`` and the like; that asset is the answer.
        """
        with await self._io.blocking(lambda: Source(source, filename)) as opened:
            if resume is not None:
                upload = await self._calls("GET", f"/v1/uploads/{resume}", act_as=act_as)
                if upload["size"] != opened.size:
                    raise ValueError("this is not the file that the upload was begun with")
            else:
                declared = given(
                    filename=opened.filename,
                    content_type=content_type or "application/octet-stream",
                    size=opened.size,
                    kind=kind,
                    project_id=project_id,
                    asset_id=asset_id,
                    metadata=dict(metadata) if metadata else None,
                    preview_for=preview_for,
                    expires_in=expires_in,
                )
                upload = await self._calls("POST", "/v1/uploads", json=declared, act_as=act_as)
            if on_begin is not None:
                on_begin(str(upload["upload_id"]))
            meter = Meter(opened.size, on_progress)
            await self._transfers.send(upload, opened, meter, act_as)
            return await self._complete(upload, opened, meter, act_as)

    async def _complete(
        self, upload: Mapping[str, Any], source: Source, meter: Meter, act_as: str | None
    ) -> Asset:
        checksum = await self._io.blocking(lambda: crc64nvme(source))
        body = given(checksum_crc64nvme=checksum)
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

    async def unfinished(self) -> list[Unfinished]:
        """Uploads in parts that were begun and not completed; ``abort`` takes their ids."""
        return [Unfinished.of(upload) for upload in await self._all("/v1/uploads")]

    async def abort(self, upload_id: str) -> None:
        """Give an unfinished upload up. Nothing happens to one that is complete."""
        await self._calls("DELETE", f"/v1/uploads/{upload_id}")
