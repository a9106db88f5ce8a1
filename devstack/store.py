"""What happens to an S3 request between the door and moto."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, get_canned_acl, s3_backends
from moto.s3.utils import metadata_from_headers

from devstack import bodies, cors, multipart, objects
from devstack.credentials import Keyring
from devstack.errors import S3Error
from devstack.forms import Form, read_form
from devstack.objects import Answer
from devstack.policies import verify_policy
from devstack.requests import Request, spool, uri_encode
from devstack.signatures import Verdict, verify_request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Store:
    """Verifies, then answers itself or lets moto answer."""

    def __init__(self, moto: WSGIApplication, keyring: Keyring) -> None:
        self._moto = moto
        self._keyring = keyring
        self._writing = threading.Lock()

    def cors_rules(self, bucket: str) -> tuple[cors.Rule, ...]:
        """The bucket's CORS rules in order; none for an unknown bucket."""
        found = _bucket(bucket)
        return tuple(cors.Rule.from_moto(rule) for rule in found.cors) if found else ()

    def handle(self, request: Request) -> Answer:
        """Answer one request. Raises S3Error for what S3 refuses."""
        bucket = _bucket(request.bucket)
        if _is_form(request):
            return self._take_form(request, bucket)
        verdict = verify_request(request, self._keyring, bucket and bucket.region_name)
        with bodies.receive(request, verdict.payload) as body:
            if bucket is not None:
                return self._on_bucket(request, verdict, bucket, body)
            return self._by_moto(request, verdict, body)

    def _on_bucket(
        self, request: Request, verdict: Verdict, bucket: Any, body: IO[bytes]
    ) -> Answer:
        if objects.serves(request):
            return objects.serve(request, bucket)
        if request.method == "GET" and not request.key and request.has("uploads"):
            document = multipart.list_uploads(request, bucket)
            return _xml("200 OK", document)
        if request.method == "POST" and not request.key and request.has("delete"):
            _check_guarded(request)
        upload = None
        if request.has("uploadId"):
            upload = multipart.find_upload(request, bucket)
            multipart.check_part_number(request)
        if request.method == "POST" and upload is not None:
            multipart.check_completion(request, upload, body)
        if request.method in ("GET", "HEAD", "DELETE") or request.has("partNumber"):
            return self._by_moto(request, verdict, body)
        with self._exclusively():
            if upload is not None or not request.has("uploadId"):
                _check_absence(request, bucket)
            return self._by_moto(request, verdict, body)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """moto looks and then writes; two conditional writes must not both find nothing."""
        with self._writing:
            yield

    def _by_moto(self, request: Request, verdict: Verdict, body: IO[bytes]) -> Answer:
        environ = _plain_environ(request, verdict, body)
        answer = Answer("500 Internal Server Error")

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            answer.status = status
            answer.headers = {
                name.lower(): value
                for name, value in headers
                if not name.lower().startswith("access-control-") and name.lower() != "server"
            }

        blocks = b"".join(self._moto(environ, start_response))
        if request.method != "HEAD":
            answer.headers["content-length"] = str(len(blocks))
            answer.body = iter((blocks,))
        return answer

    def _take_form(self, request: Request, bucket: Any) -> Answer:
        if request.content_length is None:
            raise S3Error("MissingContentLength", "You must provide the Content-Length header.")
        if bucket is None:
            raise S3Error("NoSuchBucket", "The specified bucket does not exist")
        form = read_form(request)
        policy = verify_policy(form.fields, self._keyring, bucket.region_name)
        policy.check(form, bucket.name)
        checks = bodies.Checks(form.fields)
        with spool() as file:
            bodies.copy(policy.bounded(form.blocks), file, checks)
            checks.finish()
            request.drain()
            file.seek(0)
            with self._exclusively():
                key = _put_form(bucket, form, file.read())
        return _form_answer(request, form, key)


def _bucket(name: str) -> Any:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.get(name)


def _is_form(request: Request) -> bool:
    content_type = request.headers.get("content-type", "").lower()
    return (
        request.method == "POST"
        and not request.key
        and not request.query
        and content_type.startswith("multipart/form-data")
    )


def _check_guarded(request: Request) -> None:
    if not any(h == "content-md5" or h.startswith("x-amz-checksum-") for h in request.headers):
        raise S3Error(
            "InvalidRequest",
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
        )


def _check_absence(request: Request, bucket: Any) -> None:
    condition = request.headers.get("if-none-match")
    if condition is None:
        return
    if condition != "*":
        raise S3Error(
            "NotImplemented",
            "A header you provided implies functionality that is not implemented",
            Header="If-None-Match",
        )
    if isinstance(bucket.keys.get(request.key), FakeKey):
        raise S3Error(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            Condition="If-None-Match",
        )


def _plain_environ(request: Request, verdict: Verdict, body: IO[bytes]) -> dict[str, Any]:
    """The request as moto should see it: authorised, path-style, without the signature."""
    query = "&".join(
        f"{uri_encode(name)}={uri_encode(value)}"
        for name, value in request.query
        if not name.startswith("X-Amz-")
    )
    path = request.canonical_path()
    environ = dict(request.environ)
    # Any region serves: moto takes the region of a new bucket from this scope.
    region = _region_of(request)
    environ.update(
        {
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 "
            f"Credential={verdict.access_key_id}/20200101/{region}/s3/aws4_request, "
            "SignedHeaders=host, Signature=verified",
            "PATH_INFO": request.path.encode().decode("latin-1"),
            "RAW_URI": f"{path}?{query}" if query else path,
            "REQUEST_URI": f"{path}?{query}" if query else path,
            "QUERY_STRING": query,
            "wsgi.input": body,
        }
    )
    environ.pop("HTTP_ORIGIN", None)
    environ.pop("HTTP_X_AMZ_CONTENT_SHA256", None)
    for algorithm in ("SHA256", "SHA1", "CRC32"):
        # moto keeps a checksum only when this SDK header announces it; S3 always does.
        if f"HTTP_X_AMZ_CHECKSUM_{algorithm}" in environ:
            environ.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", algorithm)
    return environ


def _region_of(request: Request) -> str:
    scope = request.param("X-Amz-Credential")
    if scope is None:
        scope = request.headers.get("authorization", "").partition("Credential=")[2]
    return scope.split("/")[2]


def _put_form(bucket: Any, form: Form, value: bytes) -> FakeKey:
    fields = form.fields
    checksum = next((f for f in fields if f.startswith("x-amz-checksum-")), None)
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


def _form_answer(request: Request, form: Form, key: FakeKey) -> Answer:
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
        answer = _xml("201 Created", document.encode())
        answer.headers.update(headers)
        return answer
    if status == "200":
        return Answer("200 OK", {**headers, "content-length": "0"})
    return Answer("204 No Content", headers)


def _xml(status: str, document: bytes) -> Answer:
    headers = {"content-type": "application/xml", "content-length": str(len(document))}
    return Answer(status, headers, iter((document,)))
