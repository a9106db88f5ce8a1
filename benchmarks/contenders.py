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
BEFORE = "gateway before"
"""Another checkout's, to see what a change costs."""
FLASK, FASTAPI = "naive Flask", "naive FastAPI"
NAIVE = (FLASK, FASTAPI, FASTIFY)
SUB = "0f8fad5b-d9cb-469f-a165-70867728950e"
UPLOAD_ID = "VXBsb2FkSUQ" * 8
BUCKET = "media-bucket"
ORIGIN = "http://localhost:3000"
VARIANTS = 8
"""Different requests of one case, sent in turn, so that nobody answers from memory."""

DECLARED = {
    "filename": "clip.mp4",
    "content_type": "video/mp4",
    "size": 7_340_032,
    "method": "put",
}

Case = dict[str, Sequence[Request]]


GUNICORN = ("-m", "gunicorn", "-w", "1", "-b", "127.0.0.1:{port}")


def gateway_command(environment: str) -> list[str]:
    """How a gateway is started in its own folder, with the packages of an environment."""
    return [python(environment), *GUNICORN, "wsgi:app"]


def commands() -> dict[str, list[str]]:
    """How each contender is started. The gateway's configuration is ``gunicorn.conf.py``."""
    return {
        GATEWAY: gateway_command("gateway"),
        # Without our configuration file: as gunicorn comes.
        FLASK: [
            *(python("peers"), *GUNICORN, "-c", "python:benchmarks.peers.plain"),
            "benchmarks.peers.naive_flask:app",
        ],
        FASTAPI: [
            *(python("peers"), "-m", "uvicorn", "--no-access-log", "--port", "{port}"),
            "benchmarks.peers.naive_fastapi:app",
        ],
        FASTIFY: ["node", str(PEERS / "fastify.mjs")],
        COMPANION: ["node", str(PEERS / "companion.mjs")],
    }


def store_command() -> list[str]:
    return [sys.executable, "-m", "benchmarks.store", "{port}"]


def gateway_environment(jwks_url: str, store_url: str) -> dict[str, str]:
    """As in production: logs, metrics, CORS and rate limits are on."""
    return {
        "COGNITO_USER_POOL_ID": ISSUER.rpartition("/")[2],
        "COGNITO_CLIENT_ID": CLIENT_ID,
        "COGNITO_JWKS_URL": jwks_url,
        "AWS_REGION": "eu-central-1",
        "S3_REGION": "eu-west-1",
        "S3_BUCKET_NAME": BUCKET,
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


def bearer_of(tokens: TokenMaker) -> dict[str, str]:
    """What a browser of one user sends with each request."""
    return {"Authorization": f"Bearer {tokens(sub=SUB)}", "Origin": ORIGIN}


def signing_cases(tokens: TokenMaker) -> dict[str, Case]:
    """What browsers ask for, with a token that the gateway has seen before."""
    bearer = bearer_of(tokens)
    keys = [f"users/{SUB}/video/{uuid.uuid4()}/clip-{n}.mp4" for n in range(VARIANTS)]
    numbers = ",".join(str(number) for number in range(1, 1001))
    upload = json.dumps(DECLARED).encode()
    links = [
        json.dumps({"paths": [f"video/{uuid.uuid4()}/clip-{n}.mp4" for n in range(1000)]}).encode()
        for _ in range(VARIANTS)
    ]

    def uppy(rest: str) -> list[Request]:
        return [
            Request("GET", f"/s3/multipart/{UPLOAD_ID}/{rest}key={key}", bearer) for key in keys
        ]

    def naive(method: str, path: str, *bodies: bytes) -> Case:
        return _of_naive([Request(method, path, bearer, body) for body in bodies or (b"",)])

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


def new_token_cases(tokens: TokenMaker, count: int) -> dict[str, Case]:
    """A signed part and a PUT, each with a token that nobody has seen."""
    key = f"users/{SUB}/video/{uuid.uuid4()}/clip.mp4"
    headers = [
        {"Authorization": f"Bearer {tokens(sub=SUB, jti=str(number))}", "Origin": ORIGIN}
        for number in range(count)
    ]
    part, upload = f"/s3/multipart/{UPLOAD_ID}/2?key={key}", json.dumps(DECLARED).encode()
    return {
        "one signed part, a new token each": {
            GATEWAY: [Request("GET", part, each) for each in headers],
            **_of_naive([Request("GET", f"/part/{UPLOAD_ID}/2", each) for each in headers]),
        },
        "presigned PUT, a new token each": {
            GATEWAY: [Request("POST", "/v1/uploads", each, upload, 201) for each in headers],
            **_of_naive([Request("POST", "/put", each) for each in headers]),
        },
    }


def _of_naive(requests: Sequence[Request]) -> Case:
    return dict.fromkeys(NAIVE, requests)


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
