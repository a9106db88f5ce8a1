"""What happens to an S3 request between the door and moto."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeKey, s3_backends

from devstack import bodies, checksums, cors, multipart, objects
from devstack.answers import Answer, document_answer
from devstack.credentials import Keyring
from devstack.errors import S3Error
from devstack.form_uploads import form_answer, put_form
from devstack.forms import read_form
from devstack.plain import plain_environ
from devstack.policies import verify_policy
from devstack.requests import Request, spool
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
            return document_answer("200 OK", document)
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
            answer = self._by_moto(request, verdict, body)
            _tell_checksum(request, answer, bucket)
            return answer

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """moto looks and then writes; two conditional writes must not both find nothing."""
        with self._writing:
            yield

    def _by_moto(self, request: Request, verdict: Verdict, body: IO[bytes]) -> Answer:
        environ = plain_environ(request, verdict, body)
        answer = Answer("500 Internal Server Error")

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Any:
            answer.status = status
            answer.headers = {
                name.lower(): value
                for name, value in headers
                if not name.lower().startswith("access-control-")
                and name.lower() not in ("server", "x-amz-sdk-checksum-algorithm")
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
                key = put_form(bucket, form, file.read())
        return form_answer(request, form, key)


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


def _tell_checksum(request: Request, answer: Answer, bucket: Any) -> None:
    """Say of what was just written what is kept of its bytes, where S3 does."""
    written = bucket.keys.get(request.key)
    if (request.method == "POST" and request.has("uploadId")) or (
        "x-amz-copy-source" in request.headers
    ):
        checksums.add_elements(answer, written)
    elif (
        objects.is_of_object(request)
        and isinstance(written, FakeKey)
        and answer.status[:3] == "200"
    ):
        answer.headers.update(checksums.headers(written))


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
