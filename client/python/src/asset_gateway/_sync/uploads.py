"""One file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from asset_gateway._sources import Sendable
from asset_gateway._sync.base import Base
from asset_gateway._sync.io import run
from asset_gateway._transfers import Progress
from asset_gateway.models import Asset, Unfinished


class Uploads(Base):
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
        return run(
            self._operations.upload(
                source,
                filename=filename,
                content_type=content_type,
                kind=kind,
                project_id=project_id,
                asset_id=asset_id,
                metadata=metadata,
                preview_for=preview_for,
                expires_in=expires_in,
                act_as=act_as,
                resume=resume,
                on_begin=on_begin,
                on_progress=on_progress,
            )
        )

    def unfinished(self) -> list[Unfinished]:
        """Uploads in parts that were begun and not completed; ``abort`` takes their ids."""
        return run(self._operations.unfinished())

    def abort(self, upload_id: str) -> None:
        """Give an unfinished upload up. Nothing happens to one that is complete."""
        run(self._operations.abort(upload_id))
