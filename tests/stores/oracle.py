"""Botocore's signer as the judge of ours: presigned URLs for any request, at any instant."""

from collections.abc import Mapping
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.stores.store import Store


def presign(
    store: Store,
    method: str,
    bucket: str,
    key: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    expires_seconds: int = 300,
    at: datetime | None = None,
) -> str:
    """A path-style SigV4 URL; `headers` are signed, so whoever uses it must send them."""
    url = f"{store.endpoint}/{bucket}/{quote(key, safe='/~')}"
    if query:
        url += "?" + urlencode(query, quote_via=quote)
    request = AWSRequest(method, url, headers=dict(headers or {}))
    signer = S3SigV4QueryAuth(
        Credentials(store.access_key, store.secret_key), "s3", store.region, expires_seconds
    )
    # Botocore offers no way to say when.
    with patch("botocore.auth.get_current_datetime", return_value=at or datetime.now(UTC)):
        signer.add_auth(request)
    assert request.url is not None
    return request.url
