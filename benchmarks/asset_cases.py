"""Requests that look at the store: completing an upload, showing an asset, opening a share.

What they are about is made first, by each gateway for itself, as upload IDs and links are sealed.
The peers do what these do with the store in two requests, by their SDKs.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from benchmarks.contenders import (
    BUCKET,
    DECLARED,
    FASTIFY,
    FLASK,
    GATEWAY,
    SUB,
    VARIANTS,
    Case,
    bearer_of,
)
from benchmarks.load import Request
from benchmarks.processes import Server
from tests.auth.tokens import TokenMaker

#: The peers' own objects, as ``users/{sub}/{name}``.
PEERS_FILM, PEERS_SHARE = "video/clip.mp4", "shares/one.json"
FILM = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41" + bytes(64 * 1024 - 24)


def asset_cases(
    tokens: TokenMaker, store: Server, gateways: Mapping[str, Server]
) -> dict[str, Case]:
    """By title. ``gateways`` run already, on ``store``."""
    bearer = bearer_of(tokens)
    kept = f"{store.url}/{BUCKET}/users/{SUB}/"
    _call("PUT", kept + PEERS_FILM, FILM, {"Content-Type": "video/mp4"})
    _call("PUT", kept + PEERS_SHARE, json.dumps({"path": PEERS_FILM}).encode(), {})
    cases: dict[str, Case] = {}
    for name, gateway in gateways.items():
        made = [_uploaded(gateway, store, bearer) for _ in range(VARIANTS)]
        complete = [f"/v1/uploads/{upload_id}/complete" for upload_id, _ in made]
        for address in complete:
            _call("POST", gateway.url + address, b"", bearer)
        shown = [f"/v1/assets/{quote(path)}" for _, path in made]
        shared = [_shared(gateway, path, bearer) for _, path in made]
        own = {
            "a PUT completed": [Request("POST", each, bearer) for each in complete],
            "an asset shown": [Request("GET", each, bearer) for each in shown],
            "a share opened": [Request("GET", each, {}, b"", 302) for each in shared],
        }
        for title, requests in own.items():
            cases.setdefault(title, {})[name] = requests
    cases["a PUT completed"] |= _of_peers("POST", "/complete", bearer)
    cases["an asset shown"] |= _of_peers("GET", "/asset", bearer)
    cases["a share opened"] |= _of_peers("GET", f"/share/{SUB}", {}, 302)
    return cases


def batch_case(tokens: TokenMaker) -> Case:
    """1,000 uploads in one call, where a peer has to be asked 1,000 times."""
    bearer = bearer_of(tokens)
    uploads = [{**DECLARED, "filename": f"clip-{number}.mp4"} for number in range(1000)]
    body = json.dumps({"uploads": uploads}).encode()
    return {
        GATEWAY: [Request("POST", "/v1/uploads/batch", bearer, body)],
        FASTIFY: [Request("POST", "/put", bearer)],
    }


def _of_peers(method: str, path: str, headers: Mapping[str, str], expect: int = 200) -> Case:
    requests = [Request(method, path, headers, b"", expect)]
    return dict.fromkeys((FLASK, FASTIFY), requests)


def _uploaded(gateway: Server, store: Server, bearer: Mapping[str, str]) -> tuple[str, str]:
    """The id and path of an upload whose bytes are in the store."""
    body = json.dumps({**DECLARED, "size": len(FILM)}).encode()
    upload = _call("POST", f"{gateway.url}/v1/uploads", body, bearer)
    key = urlsplit(upload["url"]).path
    _call("PUT", f"{store.url}/{BUCKET}{key}", FILM, upload["headers"])
    return upload["upload_id"], upload["path"]


def _shared(gateway: Server, path: str, bearer: Mapping[str, str]) -> str:
    body = json.dumps({"path": path}).encode()
    share = _call("POST", f"{gateway.url}/v1/shares", body, bearer)
    return urlsplit(str(share["url"])).path


def _call(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """The JSON of the answer; raises RuntimeError with what an error says."""
    sent = {"Content-Type": "application/json", **headers} if body else dict(headers)
    request = urllib.request.Request(url, body, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url}: {error.read().decode()}") from error
    return json.loads(found) if found else None
