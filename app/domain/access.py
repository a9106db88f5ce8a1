"""What temporary credentials let their holder do."""

from __future__ import annotations

from enum import StrEnum


class Access(StrEnum):
    """``GET /s3/sts?access=``."""

    WRITE = "write"
    READ = "read"
    READWRITE = "readwrite"

    @property
    def reads(self) -> bool:
        """Lists and gets."""
        return self is not Access.WRITE

    @property
    def writes(self) -> bool:
        """Uploads, whole and in parts."""
        return self is not Access.READ

    @property
    def deletes(self) -> bool:
        """Removes objects, the current version alone."""
        return self is Access.READWRITE
