"""What a browser is told to send, by method: signed PUT headers, POST form fields, part URLs."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.dispositions import content_disposition
from app.domain.expiry import expiry_header
from app.domain.metadata import encode_metadata, metadata_headers
from app.domain.parts import PartPlan
from app.domain.policy import cache_control, is_active
from app.domain.signed import SignedPart, SignedParts, SignedUpload
from app.domain.uploads import Method, Upload
from app.signing import counts
from app.signing.addressing import BucketAddress
from app.signing.canonical import Query
from app.signing.post_policies import form_fields
from app.signing.sigv4 import Presigner

_CHECKSUM = "x-amz-checksum-"
#: Of a completion: what the parts are together.
WHOLE_SIZE = "x-amz-mp-object-size"


class UploadSigner:
    """Signs what is sent to the address that browsers see."""

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
        self._url_seconds = url_seconds
        self._part_url_seconds = part_url_seconds

    def sign_parts(self, upload: Upload, plan: PartPlan, numbers: Sequence[int]) -> SignedParts:
        """URLs for these parts of the plan, each for exactly its size.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
        """
        key, upload_id = upload.key, upload.s3_upload_id or ""
        sizes = [plan.size_of(number) for number in numbers]
        signed = self._presigner.presign_many(
            "PUT",
            self._address,
            (
                (key, query, {"content-length": str(size)})
                for query, size in zip(Query.of_parts(upload_id, numbers), sizes, strict=True)
            ),
            expires_seconds=self._part_url_seconds,
        )
        counts.PART.inc(len(signed))
        parts = zip(numbers, sizes, signed, strict=True)
        return SignedParts(
            [SignedPart(number, size, each.url) for number, size, each in parts],
            signed[0].expires_at,
        )

    def sign(self, upload: Upload) -> SignedUpload:
        """Sign one request for all bytes afresh, by the upload's method."""
        if upload.method is Method.POST:
            return self._sign_post(upload)
        return self._sign_put(upload)

    def sign_many(self, uploads: Sequence[Upload]) -> list[SignedUpload]:
        """As ``sign``, of many PUTs at one instant; for less than each by itself."""
        headers = [_put_headers(upload) for upload in uploads]
        signed = self._presigner.presign_many(
            "PUT",
            self._address,
            (
                (upload.key, {}, sent | {"content-length": str(upload.size)})
                for upload, sent in zip(uploads, headers, strict=True)
            ),
            expires_seconds=self._url_seconds,
        )
        counts.PUT.inc(len(signed))
        return [
            SignedUpload(url, expires_at, sent, {})
            for (url, expires_at), sent in zip(signed, headers, strict=True)
        ]

    def _sign_put(self, upload: Upload) -> SignedUpload:
        headers = _put_headers(upload)
        url, expires_at = self._presigner.presign(
            "PUT",
            self._address,
            upload.key,
            # Browsers set content-length themselves; signed, it pins the size.
            headers=headers | {"content-length": str(upload.size)},
            expires_seconds=self._url_seconds,
        )
        counts.PUT.inc()
        return SignedUpload(url, expires_at, headers, {})

    def _sign_post(self, upload: Upload) -> SignedUpload:
        fields = form_fields(stored_headers(upload))
        if checksum := _checksum(upload):
            [name] = checksum
            algorithm = name.removeprefix(_CHECKSUM).upper()
            fields |= {"x-amz-checksum-algorithm": algorithm, **checksum}
        post = self._presigner.post_policy(
            self._address,
            upload.key,
            fields=fields,
            content_length=(upload.size, upload.size),
            expires_seconds=self._url_seconds,
        )
        counts.FORM.inc()
        return SignedUpload(post.url, post.expires_at, {}, post.fields)


def _put_headers(upload: Upload) -> dict[str, str]:
    """What a browser sends with a PUT; its length it sets itself."""
    return stored_headers(upload) | {"if-none-match": "*"} | _checksum(upload)


def _checksum(upload: Upload) -> dict[str, str]:
    """The header by which S3 refuses other bytes than the declared ones; empty without one."""
    if upload.checksum_sha256:
        return {f"{_CHECKSUM}sha256": upload.checksum_sha256}
    if upload.checksum_crc64nvme:
        return {f"{_CHECKSUM}crc64nvme": upload.checksum_crc64nvme}
    return {}


def stored_headers(upload: Upload) -> dict[str, str]:
    """The headers that S3 keeps with the object, the same for every method."""
    headers = {
        "content-type": upload.content_type,
        "cache-control": cache_control(upload.path.kind),
    }
    if is_active(upload.content_type):
        headers["content-disposition"] = content_disposition("attachment", upload.path.filename)
    if upload.expiry_days:
        headers |= expiry_header(upload.expiry_days)
    return headers | metadata_headers(encode_metadata(upload.metadata, upload.mark))
