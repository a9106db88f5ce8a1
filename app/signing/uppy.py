"""Requests that Uppy sends to S3 itself, signed one by one.

Uppy cuts files as it likes and tells no sizes, so parts are signed without their length; what they
are together is held against the limit before they become an object, and signed then (T50).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.parts import Part
from app.domain.signed import PresignedPost, SignedRequest
from app.domain.uploads import Upload
from app.signing import counts
from app.signing.addressing import BucketAddress
from app.signing.canonical import Query
from app.signing.post_policies import form_fields
from app.signing.sigv4 import Presigned, Presigner
from app.signing.uploads import WHOLE_SIZE, stored_headers


class UppySigner:
    """Signs for the address that browsers see. Keys are full keys, upload ids S3's own."""

    def __init__(
        self,
        presigner: Presigner,
        address: BucketAddress,
        *,
        url_seconds: int,
        part_url_seconds: int,
    ) -> None:
        self._presigner = presigner
        self._address = address
        self.url_seconds = url_seconds
        self._part_url_seconds = part_url_seconds

    @property
    def bucket(self) -> str:
        return self._address.bucket

    def location(self, key: str) -> str:
        """The object's address, which opens nothing by itself."""
        return self._address.url(key)

    def form(self, upload: Upload) -> PresignedPost:
        """A form of at least one byte, and at most ``upload.size``."""
        form = self._presigner.post_policy(
            self._address,
            upload.key,
            fields=form_fields(stored_headers(upload)),
            content_length=(1, upload.size),
            expires_seconds=self.url_seconds,
        )
        counts.FORM.inc()
        return form

    def create(self, upload: Upload) -> SignedRequest:
        """CreateMultipartUpload."""
        headers = stored_headers(upload)
        signed = self._presign("POST", upload.key, {"uploads": ""}, headers)
        return SignedRequest(signed.url, headers)

    def parts(self, key: str, upload_id: str, numbers: Sequence[int]) -> list[Presigned]:
        """UploadPart for each of ``numbers``, in order."""
        signed = self._presigner.presign_many(
            "PUT",
            self._address,
            ((key, query, {}) for query in Query.of_parts(upload_id, numbers)),
            expires_seconds=self._part_url_seconds,
        )
        counts.PART.inc(len(signed))
        return signed

    def list_parts(self, key: str, upload_id: str) -> Presigned:
        """ListParts, of which Uppy reads the first page."""
        return self._presign("GET", key, {"uploadId": upload_id}, {})

    def complete(self, key: str, upload_id: str, parts: Sequence[Part]) -> SignedRequest:
        """CompleteMultipartUpload, for what ``parts`` are together (T50).

        Where the browser leaves a part out, or sends one again in another size, S3 refuses.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
        """
        headers = {
            "if-none-match": "*",
            WHOLE_SIZE: str(sum(part.size for part in parts)),
        }
        signed = self._presign("POST", key, {"uploadId": upload_id}, headers)
        return SignedRequest(signed.url, headers)

    def abort(self, key: str, upload_id: str) -> Presigned:
        """AbortMultipartUpload."""
        return self._presign("DELETE", key, {"uploadId": upload_id}, {})

    def _presign(
        self, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Presigned:
        signed = self._presigner.presign(
            method,
            self._address,
            key,
            query=query,
            headers=headers,
            expires_seconds=self.url_seconds,
        )
        counts.SIGNED.labels(method.lower()).inc()
        return signed
