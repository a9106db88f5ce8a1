"""What the gateway answers with. Members that are not known here are in ``raw``."""

from asset_gateway.models.assets import (
    Asset,
    Deleted,
    Disposition,
    Files,
    Link,
    Package,
    Playback,
    Unfinished,
    Version,
    Via,
)
from asset_gateway.models.caller import Caller, Erased
from asset_gateway.models.listings import Filters, Page
from asset_gateway.models.sharing import Share, UploadRequest

__all__ = [
    "Asset",
    "Caller",
    "Deleted",
    "Disposition",
    "Erased",
    "Files",
    "Filters",
    "Link",
    "Package",
    "Page",
    "Playback",
    "Share",
    "Unfinished",
    "UploadRequest",
    "Version",
    "Via",
]
