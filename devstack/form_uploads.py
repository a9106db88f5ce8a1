"""What a verified form leads to: an object, and the answer that the form asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, get_canned_acl, s3_backends
from moto.s3.utils import metadata_from_headers

from devstack.answers import Answer, document_answer
from devstack.bodies import CHECKSUMS
from devstack.forms import Form
from devstack.requests import Request, uri_encode


def put_form(bucket: Any, form: Form, value: bytes) -> FakeKey:
    """Store the file under the form's key, as moto's ``ObjectCreated:Post``."""
    fields = form.fields
    checksum = next((name for name in CHECKSUMS if name in fields and name != "content-md5"), None)
    backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    key = backend.put_object(
        bucket.name,
        form.key,
        value,
        storage=fields.get("x-amz-storage-class", "STANDARD"),
        checksum_value=fields[checksum] if checksum else None,
        request_method="POST",
    )
    if checksum:
        key.checksum_algorithm = checksum.removeprefix("x-amz-checksum-").upper()
    key.set_metadata(metadata_from_headers(fields))
    if "acl" in fields:
        key.set_acl(get_canned_acl(fields["acl"]))
    return key


def form_answer(request: Request, form: Form, key: FakeKey) -> Answer:
    """``success_action_redirect`` or ``success_action_status``; 204 when neither is there."""
    host = request.headers.get("host", "")
    location = f"http://{host}/{request.bucket}/{uri_encode(key.name, safe='/')}"
    headers = {"etag": key.etag, "location": location}
    if key.version_id != "null":
        headers["x-amz-version-id"] = key.version_id
    redirect = form.fields.get("success_action_redirect")
    if redirect:
        mark = "&" if "?" in redirect else "?"
        query = urlencode({"bucket": request.bucket, "key": key.name, "etag": key.etag})
        headers["location"] = quote(f"{redirect}{mark}{query}", safe="%/:=&?~#+!$,;'@()*[]")
        return Answer("303 See Other", {**headers, "content-length": "0"})
    status = form.fields.get("success_action_status")
    if status == "201":
        document = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>'
            f"<Location>{escape(location)}</Location><Bucket>{request.bucket}</Bucket>"
            f"<Key>{escape(key.name)}</Key><ETag>{escape(key.etag)}</ETag></PostResponse>"
        )
        answer = document_answer("201 Created", document.encode())
        answer.headers.update(headers)
        return answer
    if status == "200":
        return Answer("200 OK", {**headers, "content-length": "0"})
    return Answer("204 No Content", headers)
