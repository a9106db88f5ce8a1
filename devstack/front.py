"""The store's door: moto inside, S3's own strictness outside.

moto checks no signature, no expiry, no signed header, no checksum and no POST policy. Everything
that S3 would refuse is refused here, before moto hears of it; what moto gets is plain and true.
Requests for other services (Cognito, SQS, STS, CloudFormation, ...) go through as they are.

Run by gunicorn with one worker, for moto keeps everything in its process::

    gunicorn --workers 1 --threads 16 'devstack.front:create_app()'
"""

from __future__ import annotations

import os
import re
import sys
import traceback
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devstack import cors
from devstack.answers import Answer
from devstack.back_ends import PATH as TOKEN_PATH
from devstack.back_ends import TokenEndpoint
from devstack.credentials import DEMO_ACCESS_KEY_ID, DEMO_SECRET_ACCESS_KEY, Keyring
from devstack.errors import S3Error
from devstack.requests import Request
from devstack.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

# A pool's id has an underscore, a bucket's name never does.
_POOL_DOCUMENT = re.compile(r"/[\w-]+_\w+/\.well-known/(jwks\.json|openid-configuration)")
_IDENTITY_EXPOSED = ("x-amzn-errortype", "x-amzn-requestid")


class Front:
    """The WSGI application: S3 through ``Store``, the rest to moto, CORS on every answer.

    ``tokens`` answers back ends that ask for a token of their own.
    """

    def __init__(
        self,
        store: Store,
        services: WSGIApplication,
        origins: Iterable[str],
        tokens: WSGIApplication | None = None,
    ) -> None:
        self._store = store
        self._services = services
        self._tokens = tokens
        self._identity_rule = cors.Rule(
            origins=tuple(origins),
            methods=("GET", "POST"),
            headers=("*",),
            exposed=_IDENTITY_EXPOSED,
            max_age_seconds=3000,
        )

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        asked = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if self._tokens and asked == ("POST", TOKEN_PATH):
            return self._tokens(environ, start_response)
        if _is_other_service(environ):
            return self._pass_on(environ, start_response)
        request_id = uuid.uuid4().hex[:16].upper()
        head = [
            ("x-amz-request-id", request_id),
            ("x-amz-id-2", "devstack"),
        ]
        try:
            request = Request(environ)
        except S3Error as error:
            answer = _refusal(error, environ["REQUEST_METHOD"], "", request_id)
            start_response(answer.status, [*answer.headers.items(), *head])
            return answer.body
        answer = self._answer(request, request_id)
        if request.method != "OPTIONS":
            rules = self._store.cors_rules(request.bucket)
            head += cors.actual(rules, request.headers.get("origin"), request.method)
        start_response(answer.status, [*answer.headers.items(), *head])
        return answer.body

    def _answer(self, request: Request, request_id: str) -> Answer:
        try:
            if request.method == "OPTIONS":
                return self._preflight(request)
            return self._store.handle(request)
        except S3Error as error:
            request.drain()
            return _refusal(error, request.method, request.path, request_id)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            request.drain()
            failure = S3Error(
                "InternalError", "We encountered an internal error. Please try again."
            )
            return _refusal(failure, request.method, request.path, request_id)

    def _preflight(self, request: Request) -> Answer:
        rules: tuple[cors.Rule, ...] = self._store.cors_rules(request.bucket)
        if not request.bucket:
            rules = (self._identity_rule,)
        headers = cors.preflight(
            rules,
            request.headers.get("origin"),
            request.headers.get("access-control-request-method"),
            request.headers.get("access-control-request-headers", ""),
        )
        return Answer("200 OK", {**dict(headers), "Content-Length": "0"})

    def _pass_on(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        origin = environ.pop("HTTP_ORIGIN", None)
        extra = cors.actual([self._identity_rule], origin, environ["REQUEST_METHOD"])

        def with_cors(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            kept = [h for h in headers if not h[0].lower().startswith("access-control-")]
            return start_response(status, [*kept, *extra], exc_info)

        try:
            return self._services(environ, with_cors)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            body = b'{"__type": "InternalFailure", "message": "the stand-in failed; see its log"}'
            with_cors("500 Internal Server Error", [("Content-Type", "application/json")])
            return [body]


def create_app() -> WSGIApplication:
    """Build the front from the environment.

    ``STORE_CREDENTIALS``: ``ID:SECRET,...`` (default: the demo pair). ``STORE_ORIGINS``: page
    origins that may call Cognito, separated by commas. ``KEPT_FILE``: where the key of tokens and
    the demo user's ``sub`` come from (default: new ones).
    """
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "1"
    os.environ["MOTO_CALL_RESET_API"] = "false"
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from devstack import back_ends, bucket_events, codes, identity, mends, queues
    from devstack.bootstrap import DEMO_EMAIL
    from devstack.kept import Kept

    mends.install()
    bucket_events.install()
    queues.install()
    kept = Kept.read(Path(file)) if (file := os.environ.get("KEPT_FILE")) else None
    identity.install_key(kept.signing_key if kept else identity.fresh_key())
    if kept:
        identity.install_sub(DEMO_EMAIL, kept.demo_sub)
        back_ends.install_client(kept)
    identity.install_revocation()
    identity.install_deletion()
    identity.install_renewal()
    codes.install()
    text = os.environ.get("STORE_CREDENTIALS")
    keyring = Keyring.parse(text or f"{DEMO_ACCESS_KEY_ID}:{DEMO_SECRET_ACCESS_KEY}")
    origins = [o.strip() for o in os.environ.get("STORE_ORIGINS", "").split(",") if o.strip()]
    s3 = create_backend_app("s3")
    mends.take_bodies_as_bytes(s3)
    store = Store(s3, keyring)
    services = DomainDispatcherApplication(create_backend_app)
    return Front(store, services, origins, TokenEndpoint(kept) if kept else None)


def _is_other_service(environ: dict[str, Any]) -> bool:
    """Whether moto would take a request for anything but S3.

    The answer must err on the side of S3: whatever is not plainly for another service is held to
    S3's rules.
    """
    if environ["REQUEST_METHOD"] not in ("GET", "POST"):
        return False
    scope: str = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0]
    if scope:
        parts = scope.split("/")
        return len(parts) == 5 and not parts[3].startswith("s3")
    target = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")[0]
    if target:
        return target in ("AWSCognitoIdentityProviderService", "AWSCognitoIdentityService")
    return environ["REQUEST_METHOD"] == "GET" and bool(
        _POOL_DOCUMENT.fullmatch(environ["PATH_INFO"])
    )


def _refusal(error: S3Error, method: str, path: str, request_id: str) -> Answer:
    body = b"" if method == "HEAD" else error.document(path, request_id)
    headers = {**error.headers, "Content-Type": "application/xml"}
    if method != "HEAD":
        headers["Content-Length"] = str(len(body))
    return Answer(error.status, headers, _once(body))


def _once(body: bytes) -> Iterator[bytes]:
    if body:
        yield body
