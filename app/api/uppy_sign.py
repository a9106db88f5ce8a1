"""``/s3/sign``: Uppy 6's ``signRequest``, which sends each S3 request itself."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import answer
from app.api.context import caller, caller_root, services
from app.api.documentation import Blueprint
from app.assets.uppy_multipart import Target
from app.domain.errors import ValidationFailed
from app.domain.uppy import UppyFile
from app.operations.audit import concerns
from app.schemas.uppy_sign import HttpMethod, SignedSchema, SignRequest, SignSchema

blp = Blueprint("uppy_sign", description="Uppy 6's signRequest", signing=True, companion=True)


@blp.route("/s3/sign", methods=["POST"])
@blp.arguments(SignSchema)
@blp.response(200, SignedSchema)
@blp.problems(404, 409, 413, 415)
def sign_request(asked: SignRequest) -> Response:
    """Sign a request of Uppy 6.

    Takes the request as `signRequest` gets it. New uploads go to a key that is minted here: `key`
    may be a name, or a path that chooses kind and project. With an `uploadId` it is the key itself.
    """
    if asked.upload_id is None:
        return answer(_sign_new(asked))
    target = services.assets.uppy_multipart.find(caller(), asked.upload_id, asked.key)
    return answer(_SIGN[asked.method](target, asked))


def _sign_new(asked: SignRequest) -> dict[str, Any]:
    if asked.method is HttpMethod.PUT:
        document = _single(asked)
    elif asked.method is HttpMethod.POST:
        document = _create(asked)
    else:
        raise ValidationFailed.at("/uploadId", f"{asked.method} needs one")
    concerns(document["key"].removeprefix(caller_root().prefix))
    return document


def _single(asked: SignRequest) -> dict[str, Any]:
    """A form: a PUT could be of any size."""
    if asked.content_type is None:
        raise ValidationFailed.at(
            "/contentType",
            "Use @uppy/aws-s3 6.3 or newer; what came before cannot send forms, so that nothing "
            "would bound the size",
        )
    file = UppyFile.at(asked.key, caller_root(), asked.content_type)
    form = services.assets.uppy.form(caller(), file)
    return {"url": form.url, "fields": form.fields, "key": form.fields["key"]}


def _create(asked: SignRequest) -> dict[str, Any]:
    """The type is the extension's: Uppy tells none here."""
    file = UppyFile.at(asked.key, caller_root())
    signed, key = services.assets.uppy.sign_creation(caller(), file)
    return {"url": signed.url, "headers": signed.headers, "key": key}


def _part(target: Target, asked: SignRequest) -> dict[str, Any]:
    if asked.part_number is None:
        raise ValidationFailed.at("/partNumber", "A part has one")
    [signed] = services.assets.uppy_multipart.sign_parts(caller(), target, [asked.part_number])
    return {"url": signed.url}


def _complete(target: Target, _asked: SignRequest) -> dict[str, Any]:
    signed = services.assets.uppy_multipart.sign_completion(caller(), target)
    return {"url": signed.url, "headers": signed.headers}


def _list(target: Target, _asked: SignRequest) -> dict[str, Any]:
    return {"url": services.signing.uppy.list_parts(target.key, target.s3_upload_id).url}


def _abort(target: Target, _asked: SignRequest) -> dict[str, Any]:
    return {"url": services.signing.uppy.abort(target.key, target.s3_upload_id).url}


#: What an upload that is known can be asked for.
_SIGN = {
    HttpMethod.PUT: _part,
    HttpMethod.POST: _complete,
    HttpMethod.GET: _list,
    HttpMethod.DELETE: _abort,
}
