"""Whole requests through the whole application: answers as documented, and nobody else's keys.

An input is written as HTTP is. There is no storage behind: what needs it is a 503.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple, NoReturn
from unittest import mock
from urllib.parse import unquote, unquote_to_bytes

import urllib3
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.test import run_wsgi_app

from app import create_app
from app import services as services_module
from app.domain.errors import StorageUnavailable
from app.s3.client import S3Client
from config import Settings
from tests.fuzz.requests import SEEDS as REQUESTS
from tests.fuzz.tokens import POOL, verifier
from tests.gateway import ALICE, gateway_environment
from tests.stores import store as stores

NOWHERE = stores.Store(
    "nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset()
)
SEEDS = REQUESTS
_HEADER = re.compile(rb"([A-Za-z0-9-]{1,40}): ?([\t -~\x80-\xff]*)")
#: Where every URL that the gateway signs leads.
_SIGNED = re.compile(r'http://127\.0\.0\.1:9/bucket/([^"?\\]*)')


class Gateway(NamedTuple):
    app: Flask
    token: str
    #: Status codes by endpoint, as the OpenAPI document lists them.
    documented: dict[str, set[int]]


@cache
def gateway() -> Gateway:
    environment = gateway_environment(NOWHERE, "bucket") | {"LOG_LEVEL": "ERROR"}
    settings = Settings.from_env(environment)
    built = services_module.build(settings)
    auth = dataclasses.replace(built.auth, tokens=verifier())
    services = dataclasses.replace(built, auth=auth)
    app = create_app(settings, services)
    document = app.test_client().get("/openapi.json").json
    documented = {
        operation["operationId"]: {int(status) for status in operation["responses"]}
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict)
    }
    return Gateway(app, POOL(sub=ALICE, scope="openid"), documented)


def check(data: bytes) -> None:
    head, _, body = data.partition(b"\n\n")
    line, *header_lines = head.split(b"\n")
    method, _, target = line.partition(b" ")
    if not re.fullmatch(rb"[A-Z]{1,20}", method) or not re.fullmatch(rb"/[!-~]*", target):
        return
    path, _, query = target.partition(b"?")
    environ = environ_of(method.decode(), path, query, header_lines, body)
    with no_storage():
        chunks, status, headers = run_wsgi_app(gateway().app, environ, buffered=True)
        content = b"".join(chunks)
    check_answer(environ, int(status.split()[0]), headers, content)


def environ_of(
    method: str, path: bytes, query: bytes, header_lines: list[bytes], body: bytes
) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": "gateway.example.com",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {gateway().token}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for line in header_lines:
        if (match := _HEADER.fullmatch(line)) and match[1].lower() != b"content-length":
            name = match[1].decode().upper().replace("-", "_")
            plain = name if name == "CONTENT_TYPE" else f"HTTP_{name}"
            environ[plain] = match[2].decode("latin-1").strip()
    return environ


@contextmanager
def no_storage() -> Iterator[None]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise StorageUnavailable

    def unreachable(*_: Any, **__: Any) -> NoReturn:
        raise urllib3.exceptions.HTTPError

    with (
        mock.patch.object(S3Client, "ask", refuse),
        mock.patch.object(urllib3.PoolManager, "urlopen", unreachable),
    ):
        yield


def check_answer(environ: dict[str, Any], status: int, headers: Headers, content: bytes) -> None:
    told = (environ["REQUEST_METHOD"], environ["PATH_INFO"], status, content[:500])
    assert status < 500 or status in (502, 503), told
    assert status in statuses_of(environ), told
    assert headers["X-Request-Id"], told
    assert not any(re.search(r"[\r\n\0]", value) for _, value in headers), told
    if (
        status >= 400
        and environ["REQUEST_METHOD"] != "HEAD"
        and "html" not in headers["Content-Type"]
    ):
        problem = json.loads(content)
        assert headers["Content-Type"] == "application/problem+json", told
        assert problem["status"] == status, told
        assert problem["title"] and problem["request_id"], told
    if b"X-Amz-" in content:
        check_signed(content.decode(), headers, told)


def check_signed(text: str, headers: Headers, told: Any) -> None:
    """Signed URLs and forms are for the caller's own keys, and kept by no cache."""
    assert "no-store" in headers["Cache-Control"], told
    document = json.loads(text)
    for found in _SIGNED.finditer(text):
        key = unquote(found[1], errors="strict")
        assert key.startswith(f"users/{ALICE}/") or (not key and "fields" in document), told
        assert not {"", ".", ".."} & set(key.split("/")) or not key, told
    if "fields" in document:
        assert document["fields"]["key"].startswith(f"users/{ALICE}/"), told


def statuses_of(environ: dict[str, Any]) -> set[int]:
    """What the document lists for this request; without a route, what HTTP does."""
    method = environ["REQUEST_METHOD"]
    try:
        endpoint, _ = (
            gateway()
            .app.url_map.bind("x")
            .match(environ["PATH_INFO"].encode("latin-1").decode(errors="replace"), method)
        )
    except HTTPException:
        return {401, 404, 405, 429, 308}
    if method == "OPTIONS" or endpoint.startswith("api-docs"):
        return {200, 304, 404}
    return gateway().documented[endpoint.rpartition(".")[2]]
