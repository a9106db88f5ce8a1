"""The deployment under examination: requests as the gateway makes them, and AWS's settings.

Requests to the bucket are signed URLs, as browsers send them: boto3 would follow a redirect to
another region and so hide what breaks every browser.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from uuid import uuid4

import urllib3

from app import http_clients, http_environment
from app.cli.doctor.responses import AwsError, Response, error_code, network_error
from app.domain.errors import StorageUnavailable
from app.domain.grammar import USERS
from app.domain.partitions import partition_of
from app.services.signing import addresses
from app.signing.addressing import BucketAddress
from app.signing.credentials import Credentials, default_chain
from app.signing.sigv4 import Presigner
from config import Settings

_CONNECT_SECONDS = 3.0
_READ_SECONDS = 10.0
_PROBE_SECONDS = 300


class Deployment:
    """One set-up under examination. ``profile`` is who reads settings; the gateway's own
    credentials when it is None."""

    def __init__(self, settings: Settings, profile: str | None = None) -> None:
        self.settings = settings
        self.profile = profile
        self.inner, self.public = addresses(settings)
        #: The difference of each server's clock to ours in seconds, by what was asked.
        self.clocks: dict[str, float] = {}
        #: Below ``users/`` and in a kind's folder, as the policies of gateway and edge demand,
        #: but no asset's name, so that the event worker passes it over.
        self.probe_key = f"{USERS}asset-gateway-doctor/probe/image/{uuid4().hex}"
        #: False once S3 said so; what follows from that is no fault of its own.
        self.has_bucket = True
        #: Whether the gateway's keys wrote and read an object; None while it was not tried.
        self.wrote: bool | None = None
        self._clients: dict[str, Any] = {}
        keys = _static_keys(settings)
        self._presigner = Presigner((lambda: keys) if keys else default_chain(), settings.s3_region)

    def fetch(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        clock: str = "",
    ) -> Response:
        """One request, without redirects; ``clock`` is under what name the Date is kept."""
        began = time.time()
        try:
            # By the same proxies and certificates as the gateway.
            with http_clients.pool_for(url, connect=_CONNECT_SECONDS, read=_READ_SECONDS) as pool:
                got = pool.request(
                    method, url, body=body, headers=dict(headers or {}), redirect=False
                )
        except urllib3.exceptions.HTTPError as error:
            # The kind alone: the message holds the signed URL.
            return Response(0, network_error(error), {}, b"")
        if clock and "date" in got.headers:
            self._compare_clocks(clock, got.headers["date"], began)
        return Response(got.status, error_code(got.status, got.data), got.headers, got.data)

    def fetch_signed(
        self,
        method: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        address: BucketAddress | None = None,
    ) -> Response:
        """A request to the bucket with the gateway's credentials. Raises ``AwsError`` when there
        are none."""
        try:
            url = self._presigner.presign(
                method,
                address or self.inner,
                key,
                query=query,
                headers=headers,
                expires_seconds=_PROBE_SECONDS,
            ).url
        except StorageUnavailable:
            raise AwsError("NoCredentials") from None
        return self.fetch(method, url, headers=headers, body=body, clock="the bucket")

    def call(self, service: str, operation: str, **params: Any) -> Mapping[str, Any]:
        """One question to AWS about settings. Raises ``AwsError``."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Mapping[str, Any] = getattr(self.client(service), operation)(**params)
        except ClientError as error:
            raise AwsError(error.response.get("Error", {}).get("Code", "unknown")) from None
        except BotoCoreError as error:
            raise AwsError(type(error).__name__, answered=False) from None
        return answer

    def client(self, service: str) -> Any:
        """boto3's client of ``service``, for whoever reads settings."""
        if service not in self._clients:
            self._clients[service] = self._make_client(service)
        return self._clients[service]

    def _make_client(self, service: str) -> Any:
        from botocore.config import Config

        settings, inner = self.settings, self.inner
        keys = None if self.profile else _static_keys(settings)
        virtual = inner.host.startswith(f"{inner.bucket}.")
        elsewhere = f"{inner.origin}{inner.base_path.removesuffix(f'/{inner.bucket}')}"
        endpoints = {
            "s3": "" if virtual else elsewhere,
            "cognito-idp": settings.cognito_endpoint,
            "sqs": settings.sqs_endpoint,
            "sts": settings.sts_endpoint,
        }
        edge = partition_of(settings.s3_region).global_region
        pool = settings.cognito_user_pool_id.partition("_")[0]
        regions = {"s3": settings.s3_region, "cloudfront": edge, "cognito-idp": pool}
        return _session(self.profile).client(
            service,
            region_name=regions.get(service) or settings.aws_region,
            endpoint_url=endpoints.get(service) or None,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            aws_session_token=keys.session_token if keys else None,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"total_max_attempts": 2},
                request_checksum_calculation="when_required",
                s3={"addressing_style": "virtual" if virtual else "path"},
            ),
            verify=http_environment.ca_bundle(),
        )

    def _compare_clocks(self, whose: str, date: str, began: float) -> None:
        try:
            theirs = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        # A Date has whole seconds, and was written somewhere between asking and hearing.
        self.clocks[whose] = theirs + 0.5 - (began + time.time()) / 2


@cache
def _session(profile: str | None) -> Any:
    """One for all clients: each session reads botocore's descriptions of the services anew."""
    import boto3

    return boto3.session.Session(profile_name=profile)


def _static_keys(settings: Settings) -> Credentials | None:
    if not settings.s3_access_key_id:
        return None
    return Credentials(
        settings.s3_access_key_id,
        settings.s3_secret_access_key,
        settings.s3_session_token or None,
    )
