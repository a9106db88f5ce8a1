"""Who is measured over HTTP, and the same requests as each of them spells them."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Sequence

from benchmarks.install import PEERS, python
from benchmarks.load import Request
from benchmarks.processes import ROOT
from tests.auth.tokens import CLIENT_ID, ISSUER, TokenMaker

GATEWAY, COMPANION, FASTIFY = "gateway", "Companion", "Fastify"
FLASK, FASTAPI = "naive Flask", "naive FastAPI"
NAIVE = (FLASK, FASTAPI, FASTIFY)
SUB = "0f8fad5b-d9cb-469f-a165-70867728950e"
UPLOAD_ID = "VXBsb2FkSUQ" * 8
ORIGIN = "http://localhost:3000"
VARIANTS = 8
"""Different requests of one case, sent in turn, so that nobody answers from memory."""

Case = dict[str, Sequence[Request]]


def commands() -> dict[str, list[str]]:
    """How each contender is started. The gateway's configuration is ``gunicorn.conf.py``."""
    gunicorn = ["-m", "gunicorn", "-w", "1", "-b", "127.0.0.1:{port}"]
    return {
        GATEWAY: [python("gateway"), *gunicorn, "wsgi:app"],
        # Without our configuration file: as gunicorn comes.
        FLASK: [
            *(python("peers"), *gunicorn, "-c", "python:benchmarks.peers.plain"),
            "benchmarks.peers.naive_flask:app",
        ],
        FASTAPI: [
            *(python("peers"), "-m", "uvicorn", "--no-access-log", "--port", "{port}"),
            "benchmarks.peers.naive_fastapi:app",
        ],
        FASTIFY: ["node", str(PEERS / "fastify.mjs")],
        COMPANION: ["node", str(PEERS / "companion.mjs")],
    }


def list_store_command() -> list[str]:
    return [sys.executable, "-m", "benchmarks.list_store", "{port}"]


def gateway_environment(jwks_url: str, store_url: str) -> dict[str, str]:
    """As in production: logs, metrics, CORS and rate limits are on."""
    return {
        "COGNITO_USER_POOL_ID": ISSUER.rpartition("/")[2],
        "COGNITO_CLIENT_ID": CLIENT_ID,
        "COGNITO_JWKS_URL": jwks_url,
        "AWS_REGION": "eu-central-1",
        "S3_REGION": "eu-west-1",
        "S3_BUCKET_NAME": "media-bucket",
        "S3_ENDPOINT": store_url,
        "S3_PUBLIC_ENDPOINT": "https://s3.amazonaws.com",
        "S3_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "S3_SECRET_ACCESS_KEY": "w" * 40,
        "SECRET_KEY": "benchmark-" * 4,
        "CORS_ORIGINS": ORIGIN,
        # On, and out of the way: what is measured is counting, not refusing.
        "RATE_LIMIT": "100000000/minute",
        "RATE_LIMIT_SIGNING": "100000000/minute",
    }


def peer_environment(tokens: TokenMaker, store_url: str) -> dict[str, str]:
    return {
        "JWKS": json.dumps(tokens.jwks()),
        "ISSUER": ISSUER,
        "CLIENT_ID": CLIENT_ID,
        "STORE": store_url,
        "PYTHONPATH": str(ROOT),
    }


def signing_cases(tokens: TokenMaker) -> dict[str, Case]:
    """What browsers ask for, with a token that the gateway has seen before."""
    bearer = {"Authorization": f"Bearer {tokens(sub=SUB)}", "Origin": ORIGIN}
    keys = [f"users/{SUB}/video/{uuid.uuid4()}/clip-{n}.mp4" for n in range(VARIANTS)]
    numbers = ",".join(str(number) for number in range(1, 1001))
    declared = {"filename": "clip.mp4", "content_type": "video/mp4", "size": 7_340_032}
    upload = json.dumps({**declared, "method": "put"}).encode()
    links = [
        json.dumps({"paths": [f"video/{uuid.uuid4()}/clip-{n}.mp4" for n in range(1000)]}).encode()
        for _ in range(VARIANTS)
    ]

    def uppy(rest: str) -> list[Request]:
        return [
            Request("GET", f"/s3/multipart/{UPLOAD_ID}/{rest}key={key}", bearer) for key in keys
        ]

    def naive(method: str, path: str, *bodies: bytes) -> Case:
        sent = [Request(method, path, bearer, body) for body in bodies or (b"",)]
        return dict.fromkeys(NAIVE, sent)

    part, batch = uppy("2?"), uppy(f"batch?partNumbers={numbers}&")
    return {
        "one signed part": {
            GATEWAY: part,
            COMPANION: part,
            **naive("GET", f"/part/{UPLOAD_ID}/2"),
        },
        "presigned PUT": {
            GATEWAY: [Request("POST", "/v1/uploads", bearer, upload, 201)],
            **naive("POST", "/put"),
        },
        "batch of 1,000 parts": {
            GATEWAY: batch,
            COMPANION: batch,
            **naive("GET", f"/batch/{UPLOAD_ID}"),
        },
        "1,000 links": {
            GATEWAY: [Request("POST", "/v1/links", bearer, body) for body in links],
            **naive("POST", "/links", *links),
        },
        "1,000 assets listed and signed": {
            GATEWAY: [Request("GET", "/v1/assets?sign=true", bearer)],
            # boto3 lists, and nobody signs anything.
            FLASK: [Request("GET", "/list", bearer)],
        },
    }


def new_token_case(tokens: TokenMaker, count: int) -> Case:
    """One signed part, each with a token that nobody has seen."""
    key = f"users/{SUB}/video/{uuid.uuid4()}/clip.mp4"
    headers = [
        {"Authorization": f"Bearer {tokens(sub=SUB, jti=str(number))}", "Origin": ORIGIN}
        for number in range(count)
    ]
    path, part = f"/s3/multipart/{UPLOAD_ID}/2?key={key}", f"/part/{UPLOAD_ID}/2"
    return {
        GATEWAY: [Request("GET", path, each) for each in headers],
        **{name: [Request("GET", part, each) for each in headers] for name in NAIVE},
    }


def refusal_cases(tokens: TokenMaker) -> dict[str, Case]:
    """Tokens that are refused, beside Flask's cheapest answer to requests of the same size."""
    refused = {
        "no token": {},
        "a garbage token": {"Authorization": "Bearer " + "garbage" * 20},
        "an expired token": {"Authorization": f"Bearer {tokens(exp=1_600_000_000)}"},
        "an unknown kid": {"Authorization": f"Bearer {tokens(header={'kid': 'unknown'})}"},
    }
    return {
        name: {
            GATEWAY: [Request("GET", "/v1/assets", headers, b"", 401)],
            FLASK: [Request("GET", "/constant", headers)],
        }
        for name, headers in refused.items()
    }
