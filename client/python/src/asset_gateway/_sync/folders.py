"""A folder as one package."""

from __future__ import annotations

from os import PathLike

from asset_gateway._sync.base import Base
from asset_gateway._sync.io import run
from asset_gateway._transfers import Progress
from asset_gateway.models import Package


class Folders(Base):
    def upload_folder(
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
        return run(
            self._operations.upload_folder(
                folder,
                kind=kind,
                project_id=project_id,
                expires_in=expires_in,
                act_as=act_as,
                on_progress=on_progress,
            )
        )
