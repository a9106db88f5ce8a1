"""Actors: a gateway in this process on a real store, its callers, and what their browsers do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.api.context import EXTENSION
from config import Settings
from tests.auth.tokens import CLIENT_ID, ISSUER, JwksServer, TokenMaker
from tests.stores.store import Store

POOL_ID = ISSUER.rpartition("/")[2]
SECRET = "a secret of the tests, long enough to be one"
ALICE = "0f8fad5b-d9cb-469f-a165-70867728950e"
BOB = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#: Signing needs no store: for gateways that are never to ask theirs.
NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())

AuditLines = Callable[[], list[dict[str, object]]]


@dataclass(frozen=True)
class Caller:
    """A signed-in user of the API."""

    app: Flask
    sub: str
    token: str

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        return self.request("POST", path, json={} if json is None else json, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self.request("DELETE", path, **options)

    def start(self, size: int, **declared: Any) -> dict[str, Any]:
        """Start an upload that is expected to be accepted."""
        declared = {"filename": "a.png", "content_type": "image/png", "size": size, **declared}
        response = self.post("/v1/uploads", declared)
        assert response.status_code == 201, response.get_data(as_text=True)
        return dict(response.get_json())

    def upload(self, body: bytes, **declared: Any) -> dict[str, Any]:
        """Upload ``body`` from declaration to completion; the asset."""
        started = self.start(len(body), **declared)
        assert send(started, body).status in (200, 201, 204)
        response = self.post(f"/v1/uploads/{started['upload_id']}/complete")
        assert response.status_code == 200, response.get_data(as_text=True)
        return dict(response.get_json())


@dataclass(frozen=True)
class Gateway:
    """The application, the pool that signs its tokens, and the bucket behind it."""

    app: Flask
    tokens: TokenMaker
    store: Store
    bucket: str

    def client_for(self, sub: str, **claims: Any) -> Caller:
        return Caller(self.app, sub, self.tokens(sub=sub, **claims))

    def stored_keys(self) -> list[str]:
        """Every key in the bucket, asked of the store itself."""
        pages = self.store.client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]


@contextmanager
def running_gateway(store: Store, bucket: str, **settings: str) -> Iterator[Gateway]:
    """A gateway in this process; ``settings`` are environment variables."""
    tokens = TokenMaker()
    with JwksServer(tokens) as jwks:
        environment = gateway_environment(store, bucket) | {"COGNITO_JWKS_URL": jwks.url} | settings
        yield Gateway(create_app(Settings.from_env(environment)), tokens, store, bucket)


def stop_rates(gateway: Gateway) -> None:
    """Let no window of its rates end while a test counts: from now on it is always now."""
    now = time.time()
    for rate in gateway.app.extensions[EXTENSION].limits.rates:
        rate._clock = lambda: now


def gateway_environment(store: Store, bucket: str) -> dict[str, str]:
    """The environment of a gateway on ``store``."""
    return {
        "COGNITO_USER_POOL_ID": POOL_ID,
        "COGNITO_CLIENT_ID": CLIENT_ID,
        "AWS_REGION": "eu-central-1",
        "S3_REGION": store.region,
        "S3_BUCKET_NAME": bucket,
        "S3_ENDPOINT": store.endpoint,
        "S3_ACCESS_KEY_ID": store.access_key,
        "S3_SECRET_ACCESS_KEY": store.secret_key,
        "SECRET_KEY": SECRET,
        "LOG_LEVEL": "WARNING",
        # A whole suite comes as the same few users, from one address.
        "RATE_LIMIT": "1000000/minute",
        "RATE_LIMIT_SIGNING": "1000000/minute",
        "CORS_ORIGINS": "https://app.example.com,http://localhost:3000",
    }


def send(
    started: Mapping[str, Any],
    body: bytes,
    *,
    headers: Mapping[str, str | None] | None = None,
    fields: Mapping[str, str] | None = None,
) -> urllib3.BaseHTTPResponse:
    """Do what a browser does with a started upload; ``headers`` and ``fields`` replace its own.

    A header of None is left out.
    """
    if started["method"] == "PUT":
        sent = {**started["headers"], **(headers or {})}
        return fetch(
            "PUT", started["url"], body, {name: text for name, text in sent.items() if text}
        )
    form = {**started["fields"], **(fields or {}), "file": (started["path"], body)}
    return urllib3.request("POST", started["url"], fields=form, redirect=False)


def fetch(
    method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """One request as a browser sends it, straight to the store."""
    return urllib3.request(
        method, url, body=body, headers=dict(headers or {}), redirect=False, retries=False
    )
