"""Client of an asset-gateway: ``Client``, or ``AsyncClient`` for asyncio."""

from asset_gateway._async import AsyncClient
from asset_gateway._sync import Client
from asset_gateway.credentials import ClientCredentials
from asset_gateway.errors import (
    AlreadyExists,
    Forbidden,
    GatewayError,
    InvalidToken,
    NotFound,
    ProblemError,
    QuotaExceeded,
    RateLimited,
    TransferError,
    Unavailable,
    UploadRejected,
    ValidationFailed,
)
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

__all__ = [
    "AlreadyExists",
    "Asset",
    "AsyncClient",
    "Caller",
    "Client",
    "ClientCredentials",
    "Deleted",
    "Forbidden",
    "GatewayError",
    "InvalidToken",
    "Link",
    "NotFound",
    "Package",
    "Page",
    "ProblemError",
    "QuotaExceeded",
    "RateLimited",
    "Share",
    "TransferError",
    "Unavailable",
    "UploadRejected",
    "UploadRequest",
    "ValidationFailed",
    "Version",
]
