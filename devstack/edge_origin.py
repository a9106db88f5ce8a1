"""The store behind the edge, read as an origin access control reads S3: signed, in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import urllib3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from devstack.requests import BLOCK_BYTES


class Origin:
    """One bucket; ``keys`` are an access key id and its secret."""

    def __init__(self, endpoint: str, region: str, bucket: str, keys: Sequence[str]) -> None:
        parts = urlsplit(endpoint)
        self._base = f"{endpoint}/{bucket}"
        self._bucket = bucket
        self._signer = S3SigV4Auth(Credentials(*keys), "s3", region)
        self._pool = urllib3.HTTPConnectionPool(
            parts.hostname or "", parts.port, maxsize=16, retries=urllib3.Retry(2, redirect=0)
        )

    def open(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        """The store's answer, its body still unread; ``path`` and ``query`` as they came."""
        ending = f"?{query}" if query else ""
        request = AWSRequest(method, f"{self._base}{path}{ending}", headers=dict(headers))
        self._signer.add_auth(request)
        # By target, since a whole URL would have its dot segments resolved on the way.
        return self._pool.urlopen(
            method,
            f"/{self._bucket}{path}{ending}",
            headers=dict(request.headers.items()),
            preload_content=False,
            decode_content=False,
            redirect=False,
        )


def blocks(found: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The body of an answer, never more than one block of it at a time."""
    try:
        yield from found.stream(BLOCK_BYTES)
    except BaseException:
        # A reader who left early leaves bytes on the connection: it cannot be used again.
        found.close()
        raise
    finally:
        found.release_conn()
