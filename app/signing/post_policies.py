"""Form posts to S3 whose policy leaves the client no choice.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from app.domain.errors import ValidationFailed
from app.domain.signed import PresignedPost
from app.signing.addressing import BucketAddress
from app.signing.grant import ALGORITHM, Grant

#: Stores replace this, in any field, by a name of the browser's choosing (T27); some in any case.
_VARIABLE = "${filename}"
#: Form fields as AWS writes them: some stores know no other case (T65). Others are in lower case.
_FIELD_NAMES = {
    name.lower(): name
    for name in ("Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Type")
}
# What the policy itself writes into the form, and the file.
_OWN_FIELDS = frozenset(("bucket", "file", "key", "policy"))
_SIGNING_FIELDS = frozenset(
    ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature")
)


def form_fields(headers: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form that store what these headers would, named as AWS documents them.

    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
    """
    return {_FIELD_NAMES.get(name, name): value for name, value in headers.items()}


def check_form(key: str, fields: Mapping[str, str], content_length: tuple[int, int]) -> None:
    """Refuses a form that would mean something else to a store than to us.

    Raises ``ValidationFailed`` at the file name for a form variable in the key or in any field,
    and ValueError for what no file name can cause.
    """
    least, most = content_length
    if not 0 <= least <= most:
        raise ValueError("content_length is (least, most), both at least 0")
    names = [name.lower() for name in fields]
    if not key or len(set(names)) < len(names):
        raise ValueError("a form has a key, and each field once")
    if any(name in _OWN_FIELDS or name in _SIGNING_FIELDS for name in names):
        raise ValueError("this field belongs to the policy")
    if any(_VARIABLE in text.lower() for text in (key, *fields.values())):
        raise ValidationFailed.at(
            "/filename", f"A form upload's file name can't contain {_VARIABLE}. Rename the file."
        )


def sign_form(
    grant: Grant,
    address: BucketAddress,
    key: str,
    fields: Mapping[str, str],
    content_length: tuple[int, int],
) -> PresignedPost:
    """The form with its policy: an equality for every field, and the size range, no more."""
    signing = {
        "x-amz-algorithm": ALGORITHM,
        "x-amz-credential": grant.credential,
        "x-amz-date": grant.stamp,
    }
    if grant.session_token:
        signing["x-amz-security-token"] = grant.session_token
    # The order is that of botocore's generate_presigned_post, so that the two can be compared.
    conditions: list[object] = [{name: value} for name, value in fields.items()]
    conditions += [["content-length-range", *content_length], {"bucket": address.bucket}]
    conditions += [{"key": key}, *({name: value} for name, value in signing.items())]
    expiration = grant.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    document = json.dumps({"expiration": expiration, "conditions": conditions})
    policy = base64.b64encode(document.encode()).decode()
    signature = grant.mac(policy.encode())
    form = {**fields, "key": key, **signing, "policy": policy, "x-amz-signature": signature}
    return PresignedPost(address.bucket_url, form, grant.expires_at)
