"""``/s3/sign``: Uppy 6's ``signRequest``, which sends each S3 request itself."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import answer
from app.api.context import caller_root, services
from app.api.documentation import Blueprint
from app.api.uppy_uploads import Target, arrived_parts, declare, open_target
from app.domain.errors import AlreadyExists, NotFound, ValidationFailed
from app.domain.paths import Root
from app.domain.uploads import Method
from app.domain.uppy import UppyFile
from app.schemas.uppy import SignedSchema, SignSchema

blp = Blueprint("uppy_sign", description="Uppy 6's signRequest", signing=True, companion=True)


@blp.route("/s3/sign", methods=["POST"])
@blp.arguments(SignSchema)
@blp.response(200, SignedSchema)
@blp.problems(404, 409, 413, 415)
def sign_request(asked: dict[str, Any]) -> Response:
    """Sign a request of Uppy 6.

    Takes the request as `signRequest` gets it. New uploads go to a key that is minted here: `key`
    may be a name, or a path that chooses kind and project. With an `uploadId` it is the key itself.
    """
    method, key, upload_id = asked["method"], asked["key"], asked["uploadId"]
    if upload_id is None:
        if method == "PUT":
            return answer(_single(key, asked["contentType"]))
        if method == "POST":
            return answer(_create(key))
        raise ValidationFailed.at("/uploadId", f"{method} needs one")
    target = open_target(upload_id, key)
    if method == "PUT":
        return answer(_part(target, asked["partNumber"]))
    if method == "POST":
        return answer(_complete(target))
    sign = services.uppy.list_parts if method == "GET" else services.uppy.abort
    return answer({"url": sign(target.key, target.s3_upload_id).url})


def _single(key: str, content_type: str | None) -> dict[str, Any]:
    """A form: a PUT could be of any size."""
    if content_type is None:
        raise ValidationFailed.at(
            "/contentType",
            "Use @uppy/aws-s3 6.3 or newer; what came before cannot send forms, so that nothing "
            "would bound the size",
        )
    if not services.post_policies:
        raise ValidationFailed("This store takes no form uploads; set shouldUseMultipart: true")
    form = services.uppy.form(declare(UppyFile.at(key, caller_root(), content_type), Method.POST))
    return {"url": form.url, "fields": form.fields, "key": form.fields["key"]}


def _create(key: str) -> dict[str, Any]:
    """The type is the extension's: Uppy tells none here."""
    upload = declare(UppyFile.at(key, caller_root()), Method.MULTIPART)
    signed, headers = services.uppy.create(upload)
    return {"url": signed.url, "headers": headers, "key": Root(upload.sub).key(upload.path)}


def _part(target: Target, number: int | None) -> dict[str, Any]:
    if number is None:
        raise ValidationFailed.at("/partNumber", "A part has one")
    [signed] = services.uppy.parts(target.key, target.s3_upload_id, [number])
    return {"url": signed.url}


def _complete(target: Target) -> dict[str, Any]:
    """For what has arrived, and onto a key that is free (T50)."""
    parts = arrived_parts(target)
    if parts is None:
        raise NotFound
    # Not every store heeds the condition that is signed.
    if services.store.head(target.key) is not None:
        raise AlreadyExists
    signed, headers = services.uppy.complete(target.key, target.s3_upload_id, parts)
    return {"url": signed.url, "headers": headers}
