"""Links for whoever has them: shares of an asset, and requests for files."""

from __future__ import annotations

from collections.abc import Sequence

from asset_gateway._sync.base import Base
from asset_gateway._sync.io import run
from asset_gateway.models import Disposition, Share, UploadRequest


class Sharing(Base):
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
                path, expires_in=expires_in, disposition=disposition, note=note, max_opens=max_opens
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
