"""What a request costs over HTTP, beside what others would build.

    python -m benchmarks.http [--rounds 5] [--requests 1500]

One process a contender on one core, the load generator on another. Contenders take turns within
each round; figures are medians of CPU milliseconds a request. The gateway runs as in production:
logs, metrics, CORS, rate limit, tokens verified. Companion verifies no token at all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from contextlib import ExitStack
from statistics import median

from benchmarks.load import Request, load
from benchmarks.processes import LOAD_CORE, ROOT, Server, serving
from tests.auth.tokens import CLIENT_ID, ISSUER, JwksServer, TokenMaker

PEERS = ROOT / ".stores" / "peers"
SOURCES = ROOT / "benchmarks" / "peers"
SUB = "0f8fad5b-d9cb-469f-a165-70867728950e"
UPLOAD_ID = "VXBsb2FkSUQ" * 8
PATHS = [f"video/0199a1b2-0000-7000-8000-{number:012d}/clip.mp4" for number in range(1000)]


def install_peers() -> None:
    """Once, into a folder of their own; nothing of them is a dependency of the project."""
    wanted = [*SOURCES.glob("package*.json"), SOURCES / "requirements.txt", SOURCES / ".npmrc"]
    stamp = PEERS / "installed"
    if stamp.exists() and stamp.stat().st_mtime > max(path.stat().st_mtime for path in wanted):
        return
    print("installing the peers (once) ...", flush=True)
    PEERS.mkdir(parents=True, exist_ok=True)
    for path in wanted:
        shutil.copy(path, PEERS)
    subprocess.run(["npm", "ci", "--silent"], cwd=PEERS, check=True)
    venv.create(PEERS / "venv", with_pip=True)
    pip = [str(PEERS / "venv/bin/pip"), "install", "-q", "-r", str(PEERS / "requirements.txt")]
    subprocess.run(pip, check=True)
    for path in SOURCES.glob("*.mjs"):
        shutil.copy(path, PEERS)
    stamp.touch()


def commands() -> dict[str, list[str]]:
    """How each contender is started."""
    python = str(PEERS / "venv/bin/python")
    gunicorn = ["-m", "gunicorn", "-w", "1", "-b", "127.0.0.1:{port}"]
    return {
        "gateway": [sys.executable, *gunicorn, "wsgi:app"],
        "naive Flask": [python, *gunicorn, "benchmarks.peers.naive_flask:app"],
        "naive FastAPI": [
            *(python, "-m", "uvicorn", "--no-access-log", "--port", "{port}"),
            "benchmarks.peers.naive_fastapi:app",
        ],
        "Fastify": ["node", str(PEERS / "fastify.mjs")],
        "Companion": ["node", str(PEERS / "companion.mjs")],
    }


def gateway_environment(jwks_url: str) -> dict[str, str]:
    return {
        "COGNITO_USER_POOL_ID": ISSUER.rpartition("/")[2],
        "COGNITO_CLIENT_ID": CLIENT_ID,
        "COGNITO_JWKS_URL": jwks_url,
        "AWS_REGION": "eu-central-1",
        "S3_REGION": "eu-west-1",
        "S3_BUCKET_NAME": "media-bucket",
        "S3_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "S3_SECRET_ACCESS_KEY": "w" * 40,
        "SECRET_KEY": "benchmark-" * 4,
        "CORS_ORIGINS": "http://localhost:3000",
        # On, and out of the way: what is measured is counting, not refusing.
        "RATE_LIMIT": "100000000/minute",
        "RATE_LIMIT_SIGNING": "100000000/minute",
    }


def requests(token: str) -> dict[str, dict[str, Request]]:
    """Each case, as each contender spells it."""
    bearer = {"Authorization": f"Bearer {token}", "Origin": "http://localhost:3000"}
    key = f"users/{SUB}/video/0199a1b2-0000-7000-8000-000000000000/clip.mp4"
    numbers = ",".join(str(number) for number in range(1, 1001))
    links = json.dumps({"paths": PATHS}).encode()
    declared = json.dumps(
        {"filename": "clip.mp4", "content_type": "video/mp4", "size": 7_340_032, "method": "put"}
    ).encode()
    part, batch = f"/part/{UPLOAD_ID}/2", f"/batch/{UPLOAD_ID}"
    uppy = f"/s3/multipart/{UPLOAD_ID}"
    naive = ("naive Flask", "naive FastAPI", "Fastify")
    return {
        "sign one part": {
            "gateway": Request("GET", f"{uppy}/2?key={key}", bearer),
            "Companion": Request("GET", f"{uppy}/2?key={key}", bearer),
            **{name: Request("GET", part, bearer) for name in naive},
        },
        "presigned PUT": {
            "gateway": Request("POST", "/v1/uploads", bearer, declared, 201),
            **{name: Request("POST", "/put", bearer) for name in naive},
        },
        "batch of 1,000 parts": {
            "gateway": Request("GET", f"{uppy}/batch?key={key}&partNumbers={numbers}", bearer),
            "Companion": Request("GET", f"{uppy}/batch?key={key}&partNumbers={numbers}", bearer),
            **{name: Request("GET", batch, bearer) for name in naive},
        },
        "1,000 links": {
            "gateway": Request("POST", "/v1/links", bearer, links),
            **{name: Request("POST", "/links", bearer, links) for name in naive},
        },
    }


def refusals(makers: TokenMaker) -> dict[str, dict[str, Request]]:
    """Tokens that are refused, beside Flask's cheapest answer."""
    constant = Request("GET", "/constant", {})
    tokens = {
        "no token": {},
        "garbage token": {"Authorization": "Bearer " + "garbage" * 20},
        "expired token": {"Authorization": f"Bearer {makers(exp=1_600_000_000)}"},
        "unknown kid": {"Authorization": f"Bearer {makers(header={'kid': 'unknown'})}"},
    }
    return {
        name: {
            "gateway": Request("GET", "/v1/assets", headers, b"", 401),
            "naive Flask": constant,
        }
        for name, headers in tokens.items()
    }


def measure(
    servers: dict[str, Server], case: dict[str, Request], rounds: int, count: int
) -> dict[str, tuple[float, float]]:
    """By contender: median CPU milliseconds a request, and requests a second."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in case}
    for name, request in case.items():
        load(servers[name], request, max(8, count // 10))  # warm
    for _ in range(rounds):
        for name, request in case.items():
            result = load(servers[name], request, count)
            found[name].append((result.cpu_milliseconds, result.per_second))
    return {
        name: (median(cpu for cpu, _ in seen), median(rate for _, rate in seen))
        for name, seen in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1500)
    options = parser.parse_args()
    install_peers()
    os.sched_setaffinity(0, {LOAD_CORE - 1})
    tokens = TokenMaker()
    with JwksServer(tokens) as jwks, ExitStack() as stack:
        peer_env = {
            "JWKS": json.dumps(tokens.jwks()),
            "ISSUER": ISSUER,
            "CLIENT_ID": CLIENT_ID,
            "PYTHONPATH": str(ROOT),
        }
        servers = {
            name: stack.enter_context(
                serving(name, command, gateway_environment(jwks.url) | peer_env)
            )
            for name, command in commands().items()
        }
        cases = requests(tokens(sub=SUB)) | refusals(tokens)
        print(f"\n{'':24}{'':16}{'CPU ms':>8}{'req/s':>9}{'gateway/peer':>14}")
        for title, case in cases.items():
            heavy = "1,000" in title
            count = max(24, options.requests // 50) if heavy else options.requests
            results = measure(servers, case, options.rounds, count)
            ours = results["gateway"][0]
            for name, (cpu, rate) in results.items():
                ratio = "" if name == "gateway" else f"{ours / cpu:13.3f}"
                print(f"{title:24}{name:16}{cpu:8.3f}{rate:9.0f}{ratio:>14}", flush=True)
                title = ""
        for name, server in servers.items():
            print(f"{'memory after all this':24}{name:16}{server.resident_megabytes():8.0f} MB")


if __name__ == "__main__":
    main()
