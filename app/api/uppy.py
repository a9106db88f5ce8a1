"""``/s3``: the routes of Uppy's Companion, for Uppy as it is published.

Companion signs any key for anybody; here each key passes the caller's root and the path grammar.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import Response

from app.api.answers import answer
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.api.uploads import begin
from app.api.uppy_uploads import declare, finish, give_up, open_target
from app.domain.documents import rfc3339
from app.domain.errors import NotFound, ValidationFailed
from app.domain.parts import MAX_PARTS
from app.domain.paths import Root
from app.domain.uploads import Method
from app.domain.uppy import UppyFile
from app.schemas.uppy import (
    ArrivedPartSchema,
    BatchQuerySchema,
    CompletedSchema,
    CompleteSchema,
    CreatedSchema,
    CredentialsSchema,
    KeyQuerySchema,
    PartUrlSchema,
    PartUrlsSchema,
    SingleQuerySchema,
    SingleSchema,
    UppyFileSchema,
)

blp = Blueprint("uppy", description="Uppy's Companion protocol", signing=True, companion=True)
_PART_NUMBER = re.compile(r"[1-9][0-9]{0,4}")


@blp.route("/s3/params", methods=["GET"])
@blp.arguments(SingleQuerySchema, location="query")
@blp.response(200, SingleSchema)
@blp.problems(413, 415)
def single_upload(wanted: dict[str, UppyFile]) -> Response:
    """Sign one request for a whole file.

    A form POST whose policy bounds the size: by the kind's limit, 5 GiB, what is left of the quota,
    and `metadata[size]` when it is sent. Where the store takes no forms it is a PUT, and needs
    `metadata[size]`.
    """
    file = wanted["file"]
    if services.post_policies:
        form = services.uppy.form(declare(file, Method.POST))
        sending = {"method": "POST", "url": form.url, "fields": form.fields}
        return answer(sending | {"expires": _seconds_until(form.expires_at)})
    if file.size is None:
        raise ValidationFailed.at(
            "/metadata/size", "This store takes no form uploads; put file.size into file.meta.size"
        )
    upload = declare(file, Method.PUT)
    signed = services.uploads.sign(upload)
    sending = {"method": "PUT", "url": signed.url, "headers": signed.headers}
    # Uppy reads the key from a field, also where it sends none.
    named = {"fields": {"key": Root(upload.sub).key(upload.path)}}
    return answer(sending | named | {"expires": _seconds_until(signed.expires_at)})


@blp.route("/s3/multipart", methods=["POST"])
@blp.arguments(UppyFileSchema)
@blp.response(200, CreatedSchema)
@blp.problems(413, 415)
def create_multipart(wanted: dict[str, UppyFile]) -> Response:
    """Start a multipart upload."""
    upload = begin(declare(wanted["file"], Method.MULTIPART))
    return answer(
        {
            "key": Root(upload.sub).key(upload.path),
            "uploadId": services.uppy_ids.sign(upload.to_claims()),
            "bucket": services.uppy.bucket,
        }
    )


@blp.route("/s3/multipart/<upload_id>", methods=["GET"])
@blp.arguments(KeyQuerySchema, location="query")
@blp.response(200, ArrivedPartSchema(many=True))
@blp.problems(404)
def list_parts(query: dict[str, str], upload_id: str) -> Response:
    """List the parts that have arrived, all of them."""
    target = open_target(upload_id, query["key"])
    parts = services.multipart.list_parts(target.key, target.s3_upload_id)
    if parts is None:
        raise NotFound
    return answer(
        [{"PartNumber": part.number, "ETag": part.etag, "Size": part.size} for part in parts]
    )


@blp.route("/s3/multipart/<upload_id>/<part_number>", methods=["GET"])
@blp.arguments(KeyQuerySchema, location="query")
@blp.response(200, PartUrlSchema)
@blp.problems(404)
def sign_part(query: dict[str, str], upload_id: str, part_number: str) -> Response:
    """Sign one part."""
    target = open_target(upload_id, query["key"])
    if not _PART_NUMBER.fullmatch(part_number) or int(part_number) > MAX_PARTS:
        raise ValidationFailed.at("/part_number", f"Parts are numbered 1 to {MAX_PARTS}")
    [signed] = services.uppy.parts(target.key, target.s3_upload_id, [int(part_number)])
    return answer({"url": signed.url, "expires": _seconds_until(signed.expires_at)})


@blp.route("/s3/multipart/<upload_id>/batch", methods=["GET"])
@blp.arguments(BatchQuerySchema, location="query")
@blp.response(200, PartUrlsSchema)
@blp.problems(404)
def sign_batch(query: dict[str, Any], upload_id: str) -> Response:
    """Sign up to 1,000 parts."""
    target = open_target(upload_id, query["key"])
    numbers = query["numbers"]
    signed = services.uppy.parts(target.key, target.s3_upload_id, numbers)
    urls = {str(number): each.url for number, each in zip(numbers, signed, strict=True)}
    return answer({"presignedUrls": urls})


@blp.route("/s3/multipart/<upload_id>/complete", methods=["POST"], large_body=True)
@blp.arguments(KeyQuerySchema, location="query")
@blp.arguments(CompleteSchema)
@blp.response(200, CompletedSchema)
@blp.problems(404, 409)
def complete_multipart(
    query: dict[str, str], body: dict[str, list[int]], upload_id: str
) -> Response:
    """Put the parts together and verify what came out.

    Sizes and ETags are S3's own word. What is too large, or not what its type says, is removed. A
    second call answers the same.
    """
    target = open_target(upload_id, query["key"])
    finish(target, body["numbers"])
    return answer(
        {
            "location": services.uppy.location(target.key),
            "key": target.key,
            "bucket": services.uppy.bucket,
        }
    )


@blp.route("/s3/multipart/<upload_id>", methods=["DELETE"])
@blp.arguments(KeyQuerySchema, location="query")
@blp.response(200)
@blp.problems(404)
def abort_multipart(query: dict[str, str], upload_id: str) -> Response:
    """Give an upload up. 200 also the second time; what was completed stays."""
    give_up(open_target(upload_id, query["key"]))
    return answer({})


@blp.route("/s3/sts", methods=["GET"])
@blp.response(200, CredentialsSchema)
@blp.problems(404)
def upload_credentials() -> Response:
    """Give out credentials that can upload into the caller's folders for an hour at most.

    What they upload has no bound of size, type or quota before the event worker looks at it.
    404 unless a role is configured.
    """
    if services.upload_credentials is None:
        raise NotFound("This service gives out no credentials")
    keys = services.upload_credentials.of(caller_root())
    document = {
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key,
        "SessionToken": keys.session_token,
        "Expiration": rfc3339(keys.expires_at) if keys.expires_at else None,
    }
    bucket, region = services.upload_credentials.bucket, services.upload_credentials.region
    return answer({"credentials": document, "bucket": bucket, "region": region})


def _seconds_until(expires_at: datetime) -> int:
    return max(1, int((expires_at - datetime.now(UTC)).total_seconds()))
