"""``/s3``: the routes of Uppy's Companion, for Uppy as it is published.

Companion signs any key for anybody; here each key passes the caller's root and the path grammar.
"""

from __future__ import annotations

import re

from flask import Response

from app.api.answers import answer, credentials_answer
from app.api.context import caller, caller_root, services
from app.api.documentation import Blueprint
from app.api.upload_answers import seconds_until, single_answer
from app.domain.access import Access
from app.domain.errors import ValidationFailed
from app.domain.limits import MAX_PARTS
from app.domain.parts import PART_NUMBER
from app.domain.uppy import UppyFile
from app.operations.audit import concerns
from app.schemas.uppy import (
    ArrivedPartSchema,
    BatchQuerySchema,
    CompletedSchema,
    CompleteSchema,
    CreatedSchema,
    CredentialsQuerySchema,
    CredentialsSchema,
    Parts,
    PartUrlSchema,
    PartUrlsSchema,
    SingleSchema,
    UploadKeyQuerySchema,
)
from app.schemas.uppy_files import SingleQuerySchema, UppyFileSchema

blp = Blueprint("uppy", description="Uppy's Companion protocol", signing=True, companion=True)


@blp.route("/s3/params", methods=["GET"])
@blp.arguments(SingleQuerySchema, location="query")
@blp.response(200, SingleSchema)
@blp.problems(413, 415)
def single_upload(file: UppyFile) -> Response:
    """Sign one request for a whole file.

    A form POST whose policy bounds the size: by the kind's limit, 5 GiB, what is left of the quota,
    and `metadata[size]` when it is sent. Where the store takes no forms it is a PUT, and needs
    `metadata[size]`.
    """
    upload, sending = services.assets.uppy.single(caller(), file)
    concerns(upload.path.text)
    return answer(single_answer(upload, sending))


@blp.route("/s3/multipart", methods=["POST"])
@blp.arguments(UppyFileSchema)
@blp.response(200, CreatedSchema)
@blp.problems(413, 415)
def create_multipart(file: UppyFile) -> Response:
    """Start a multipart upload."""
    key, upload_id = services.assets.uppy.begin(caller(), file)
    concerns(key.removeprefix(caller_root().prefix))
    bucket = services.storage.objects.bucket
    return answer({"key": key, "uploadId": upload_id, "bucket": bucket})


@blp.route("/s3/multipart/<upload_id>", methods=["GET"])
@blp.arguments(UploadKeyQuerySchema, location="query")
@blp.response(200, ArrivedPartSchema(many=True))
@blp.problems(404)
def list_parts(key: str, upload_id: str) -> Response:
    """List the parts that have arrived, all of them."""
    uppy = services.assets.uppy_multipart
    parts = uppy.parts(uppy.find(caller(), upload_id, key))
    return answer(
        [{"PartNumber": part.number, "ETag": part.etag, "Size": part.size} for part in parts]
    )


@blp.route("/s3/multipart/<upload_id>/<part_number>", methods=["GET"])
@blp.arguments(UploadKeyQuerySchema, location="query")
@blp.response(200, PartUrlSchema)
@blp.problems(404)
def sign_part(key: str, upload_id: str, part_number: str) -> Response:
    """Sign one part."""
    target = services.assets.uppy_multipart.find(caller(), upload_id, key)
    if not re.fullmatch(PART_NUMBER, part_number) or int(part_number) > MAX_PARTS:
        raise ValidationFailed.at("/part_number", f"Parts are numbered 1 to {MAX_PARTS}")
    [signed] = services.assets.uppy_multipart.sign_parts(caller(), target, [int(part_number)])
    return answer({"url": signed.url, "expires": seconds_until(signed.expires_at)})


@blp.route("/s3/multipart/<upload_id>/batch", methods=["GET"])
@blp.arguments(BatchQuerySchema, location="query")
@blp.response(200, PartUrlsSchema)
@blp.problems(404)
def sign_batch(parts: Parts, upload_id: str) -> Response:
    """Sign up to 1,000 parts."""
    target = services.assets.uppy_multipart.find(caller(), upload_id, parts.key)
    signed = services.assets.uppy_multipart.sign_parts(caller(), target, parts.numbers)
    urls = {str(number): each.url for number, each in zip(parts.numbers, signed, strict=True)}
    return answer({"presignedUrls": urls})


@blp.route("/s3/multipart/<upload_id>/complete", methods=["POST"], large_body=True)
@blp.arguments(UploadKeyQuerySchema, location="query")
@blp.arguments(CompleteSchema)
@blp.response(200, CompletedSchema)
@blp.problems(404, 409)
def complete_multipart(key: str, numbers: list[int], upload_id: str) -> Response:
    """Put the parts together and verify what came out.

    Sizes and ETags are S3's own word. What is too large, or not what its type says, is removed. A
    second call answers the same.
    """
    target = services.assets.uppy_multipart.find(caller(), upload_id, key)
    services.assets.uppy_multipart.complete(caller(), target, numbers)
    location, bucket = services.signing.uppy.location(key), services.storage.objects.bucket
    return answer({"location": location, "key": key, "bucket": bucket})


@blp.route("/s3/multipart/<upload_id>", methods=["DELETE"])
@blp.arguments(UploadKeyQuerySchema, location="query")
@blp.response(200)
@blp.problems(404)
def abort_multipart(key: str, upload_id: str) -> Response:
    """Give an upload up. 200 also the second time; what was completed stays."""
    uppy = services.assets.uppy_multipart
    uppy.give_up(caller(), uppy.find(caller(), upload_id, key))
    return answer({})


@blp.route("/s3/sts", methods=["GET"])
@blp.arguments(CredentialsQuerySchema, location="query")
@blp.response(200, CredentialsSchema)
@blp.problems(404)
def scoped_credentials(access: Access) -> Response:
    """Give out credentials for the caller's folders, for an hour at most.

    What they upload has no bound of size, type or quota before the event worker looks at it, and
    may replace what is there. They reach neither `shares/` nor other users' folders. 404 unless a
    role is configured.
    """
    return answer(credentials_answer(access))
