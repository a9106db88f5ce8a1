"""What every answer to a fault has in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.gateway import SECRET, Caller, Gateway

LINKS = {"paths": ["image/0199b2a4-0000-7000-8000-000000000000/a.png"]}


def check_problem(
    status: int, headers: Mapping[str, str], body: bytes, gateway: Gateway
) -> Mapping[str, Any]:
    """The problem document of a storage fault: its kind, when to try again, nothing of upstream."""
    document: Mapping[str, Any] = json.loads(body)
    assert (status, document["type"]) in (
        (502, "/problems/storage-error"),
        (503, "/problems/storage-unavailable"),
    ), document
    assert headers["Content-Type"] == "application/problem+json"
    assert int(headers["Retry-After"]) > 0
    store = gateway.store
    for secret in ("As told", gateway.bucket, store.access_key, store.secret_key, SECRET):
        assert secret.encode() not in body
    return document


def check_signing_goes_on(caller: Caller) -> None:
    """Links need no store."""
    assert caller.post("/v1/links", LINKS).status_code == 200
