"""Requests as a client that knows what it does sends them: signed by botocore, then bent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import urllib3
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from devstack.account import Stack


@dataclass(frozen=True)
class Answer:
    """What came back; ``code`` and ``message`` are those of S3's error document."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return self._element("Code")

    @property
    def message(self) -> str:
        return self._element("Message")

    def _element(self, name: str) -> str:
        found = re.search(rf"<{name}>(.*?)</{name}>", self.body.decode())
        return found[1] if found else ""


@dataclass
class Wire:
    """Signs for, and talks to, one store."""

    stack: Stack
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def url(self, key: str, query: Mapping[str, str] | None = None) -> str:
        path = f"{self.stack.endpoint}/{self.stack.bucket}/{key}"
        return f"{path}?{urlencode(query)}" if query else path

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
    ) -> Answer:
        answer = self.http.request(method, url, body=body, headers=headers, redirect=False)
        return Answer(answer.status, answer.headers, answer.data)

    def presign(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expires: int = 60,
        at: datetime | None = None,
        region: str | None = None,
        service: str = "s3",
        credentials: Credentials | None = None,
    ) -> str:
        """A presigned URL; ``headers`` are the ones to sign beside ``host``."""
        signer = S3SigV4QueryAuth(
            credentials or self.credentials, service, region or self.stack.region, expires
        )
        request = AWSRequest(method, self.url(key, query), headers=dict(headers or {}))
        _add_auth(signer, request, at)
        return str(request.url)

    def signed_headers(
        self,
        method: str,
        key: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        at: datetime | None = None,
        region: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """The headers of a request that is signed in its Authorization header."""
        signer = S3SigV4Auth(self.credentials, "s3", region or self.stack.region)
        request = AWSRequest(method, self.url(key, query), data=body, headers=dict(headers or {}))
        _add_auth(signer, request, at)
        return dict(request.headers.items())

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.stack.access_key_id, self.stack.secret_access_key)

    @property
    def host(self) -> str:
        return urlsplit(self.stack.endpoint).netloc


def _add_auth(signer: SigV4Auth, request: AWSRequest, at: datetime | None) -> None:
    """botocore's ``add_auth`` at an instant of our choosing."""
    instant = at or datetime.now(UTC)
    request.context["timestamp"] = instant.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, signature)
