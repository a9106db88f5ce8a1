"""What is signed and what is asked of AWS, counted.

Each class does what its base does and counts it; ``services.build`` puts them where browsers' URLs
are signed. The children of a metric are made once: looking one up by its labels costs more than
counting does.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from prometheus_client import Counter, Histogram

from app.aws.clients import LazyClient
from app.domain.errors import Problem
from app.domain.signed import PresignedPost
from app.s3.client import S3Client
from app.signing.addressing import BucketAddress
from app.signing.cloudfront import CloudFrontSigner, FolderGrant
from app.signing.sigv4 import Presigned, Presigner, Wanted

SIGNED = Counter("gateway_signed_urls", "URLs signed for browsers", ["kind"])
CALLS = Counter("gateway_s3_calls", "Requests to the bucket by the gateway", ["operation"])
ERRORS = Counter("gateway_s3_errors", "Those that failed", ["operation"])
SECONDS = Histogram(
    "gateway_s3_seconds",
    "Time from a request to the bucket to its answer, retries included",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_BY_METHOD = {method: SIGNED.labels(method.lower()) for method in ("GET", "PUT", "POST", "DELETE")}
_OTHER = SIGNED.labels("other")
_PART, _FORM = SIGNED.labels("part"), SIGNED.labels("form")
_EDGE, _FOLDER = SIGNED.labels("cloudfront"), SIGNED.labels("cloudfront_folder")
#: Answers that callers expect: an object that is not there is no fault.
_EXPECTED = frozenset({304, 404, 412, 416})


class MeteredPresigner(Presigner):
    """Counts URLs by method; those of parts, and forms, apart."""

    def presign_many(
        self,
        method: str,
        address: BucketAddress,
        wanted: Iterable[Wanted],
        *,
        expires_seconds: int,
        at: datetime | None = None,
    ) -> list[Presigned]:
        signed = super().presign_many(
            method, address, wanted, expires_seconds=expires_seconds, at=at
        )
        if signed:
            is_part = method == "PUT" and "?partNumber=" in signed[0].url
            (_PART if is_part else _BY_METHOD.get(method, _OTHER)).inc(len(signed))
        return signed

    def post_policy(self, *args: Any, **options: Any) -> PresignedPost:
        post = super().post_policy(*args, **options)
        _FORM.inc()
        return post


class MeteredCloudFrontSigner(CloudFrontSigner):
    """Counts links and folders."""

    def sign_url(self, key: str, query: str, expires: int) -> str:
        _EDGE.inc()
        return super().sign_url(key, query, expires)

    def sign_folder(self, folder: str, expires: int) -> FolderGrant:
        _FOLDER.inc()
        return super().sign_folder(folder, expires)


class MeteredExchange(S3Client):
    """Counts listings (``get``) and deletions by name (``post``)."""

    def get(self, query: Mapping[str, str]) -> Element:
        return self._counted("list", lambda: super(MeteredExchange, self).get(query))

    def post(self, query: Mapping[str, str], body: bytes) -> Element:
        return self._counted(
            "delete_objects", lambda: super(MeteredExchange, self).post(query, body)
        )

    def _counted(self, operation: str, ask: Any) -> Element:
        began = time.perf_counter()
        CALLS.labels(operation).inc()
        try:
            answer: Element = ask()
        except Problem:
            ERRORS.labels(operation).inc()
            raise
        finally:
            SECONDS.observe(time.perf_counter() - began)
        return answer


class MeteredClient(LazyClient):
    """boto3's S3 client, which tells of each call."""

    def _make(self) -> Any:
        client = super()._make()
        events = client.meta.events
        events.register("before-call.s3", _begun)
        events.register("after-call.s3", _answered)
        events.register("after-call-error.s3", _failed)
        return client


def _begun(*, model: Any, context: dict[str, Any], **_: Any) -> None:
    context["began"] = time.perf_counter()
    CALLS.labels(_named(model)).inc()


def _answered(*, http_response: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
    SECONDS.observe(time.perf_counter() - context["began"])
    if http_response.status_code >= 300 and http_response.status_code not in _EXPECTED:
        ERRORS.labels(_named(model)).inc()


def _failed(*, event_name: str, context: dict[str, Any], **_: Any) -> None:
    SECONDS.observe(time.perf_counter() - context["began"])
    ERRORS.labels(_snake(event_name.rpartition(".")[2])).inc()


def _named(model: Any) -> str:
    return _snake(model.name)


def _snake(name: str) -> str:
    """``HeadObject`` as boto3 calls it: ``head_object``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
