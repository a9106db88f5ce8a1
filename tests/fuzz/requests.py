"""Requests to begin with: each route that signs offline, and a few of the others."""

from __future__ import annotations

import json
from typing import Any

from tests.gateway import ALICE

_KEY = f"users/{ALICE}/video/0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee/a.mp4"
_PART = f"/s3/multipart/s3-own-id/1?key={_KEY}"


def _request(line: str, body: Any = None, *headers: str) -> bytes:
    text = "" if body is None else json.dumps(body)
    return "\n".join([line, *headers, "", text]).encode()


SEEDS = [
    _request(
        "POST /v1/uploads",
        {"filename": "a.png", "content_type": "image/png", "size": 71, "method": "put"},
    ),
    _request(
        "POST /v1/uploads",
        {"filename": "ü.mp3", "content_type": "audio/mpeg", "size": 9, "method": "post",
         "kind": "audio", "project_id": "p1", "metadata": {"title": "ü"}},
    ),
    _request("POST /v1/uploads", {"filename": "v", "content_type": "video/mp4", "size": 10**9}),
    _request("GET /v1/uploads/not-a-seal.aaaaaa.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    _request("POST /v1/uploads/x/parts", {"part_numbers": [1, 2]}),
    _request("POST /v1/uploads/x/complete", {}),
    _request("DELETE /v1/uploads/x"),
    _request("GET /v1/uploads?limit=10&cursor=x"),
    _request("GET /v1/assets?kind=video&project_id=p1&prefix=projects/p1/&sign=true&limit=1"),
    _request("GET /v1/assets/projects/p1/video/a%20b.mp4"),
    _request("DELETE /v1/assets/image/%2e%2e/%252e?recursive=true"),
    _request("POST /v1/assets/delete", {"paths": ["image/a.png", "image/b.png"]}),
    _request("POST /v1/assets/copy", {"path": "image/a.png", "kind": "frame", "project_id": "p"}),
    _request("POST /v1/assets/restore", {"path": "image/a.png", "version_id": "v"}),
    _request("GET /v1/versions?path=image/a.png"),
    _request("DELETE /v1/projects/p1"),
    _request(
        "POST /v1/links",
        {"paths": ["image/a.png", "video/ü/x.html"], "expires_in": 60, "disposition": "attachment",
         "via": "s3"},
    ),
    _request("POST /v1/playback", {"path": "video/x/master.m3u8", "expires_in": None}),
    _request("POST /v1/shares", {"path": "image/a.png", "disposition": "inline"}),
    _request("DELETE /v1/shares/0123456789abcdef0123456789abcdef0123456789abcdef"),
    _request("POST /v1/requests", {"kind": "image", "content_types": ["image/png"]}),
    _request("GET /v1/requests?limit=1&cursor=x"),
    _request("DELETE /v1/requests/0123456789abcdef0123456789abcdef"),
    _request("GET /r/x", None, "Accept: text/html"),
    _request("POST /r/x/uploads", {"filename": "a.png", "content_type": "image/png", "size": 71}),
    _request("POST /r/x/uploads/y/parts", {"part_numbers": [1]}),
    _request("POST /r/x/uploads/y/complete", {}),
    _request("GET /s/x", None, "Accept: text/html;q=0.9, */*;q=0.1"),
    _request("GET /s3/params?filename=a.png&type=image/png&metadata[size]=71&metadata[kind]=image"),
    _request("POST /s3/multipart", {"filename": "a.mp4", "type": "video/mp4", "metadata": {}}),
    _request(f"GET {_PART}"),
    _request(f"GET {_PART.replace('/1?', '/batch?')}&partNumbers=1,2,3"),
    _request(f"POST {_PART.replace('/1?', '/complete?')}", {"parts": [{"PartNumber": 1}]}),
    _request(f"DELETE {_PART.replace('/1?', '?')}"),
    _request("POST /s3/sign", {"method": "PUT", "key": "a.png", "contentType": "image/png"}),
    _request("POST /s3/sign", {"method": "PUT", "key": _KEY, "uploadId": "i", "partNumber": 2}),
    _request("GET /s3/sts"),
    _request("GET /v1/me", None, "X-Act-As-Sub: bob", "X-Request-Id: abcd"),
    _request("DELETE /v1/me/data?account=true"),
    _request("OPTIONS /v1/links", None, "Origin: https://app.example.com",
             "Access-Control-Request-Method: POST"),
    _request("GET /metrics", None, "Authorization: Bearer x"),
    _request("GET /v1/me?access_token=x", None, "Authorization: Bearer a, Bearer b"),
    _request("HEAD //v1/assets//x"),
]  # fmt: skip
