"""Links for whoever has them: shares of an asset, and requests for files."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from asset_gateway._async.base import Base, given
from asset_gateway.models import Disposition, Share, UploadRequest


class Sharing(Base):
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
        body = given(
            path=path,
            expires_in=expires_in,
            disposition=disposition,
            note=note,
            max_opens=max_opens,
        )
        return Share.of(await self._calls("POST", "/v1/shares", json=body, repeatable=False))

    async def shares(self) -> list[Share]:
        """All open shares."""
        return [Share.of(share) for share in await self._all("/v1/shares")]

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
        body = given(
            kind=kind,
            project_id=project_id,
            content_types=None if content_types is None else [*content_types],
            max_bytes=max_bytes,
            max_files=max_files,
            expires_in=expires_in,
            note=note,
        )
        made = await self._calls("POST", "/v1/requests", json=body, repeatable=False)
        return UploadRequest.of(made)

    async def upload_requests(self) -> list[UploadRequest]:
        """All open upload requests."""
        return [UploadRequest.of(request) for request in await self._all("/v1/requests")]

    async def revoke_request(self, request_id: str) -> None:
        """End an upload request."""
        await self._calls("DELETE", f"/v1/requests/{quote(request_id)}")
