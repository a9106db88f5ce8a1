"""What is written down of who did what: T37."""

from __future__ import annotations

import json

import pytest

from tests.gateway import ALICE, NOWHERE, AuditLines, running_gateway


def test_t37_the_audit_log_says_who_did_what_and_no_secret(
    audit_lines: AuditLines,
) -> None:
    """T37: who, what, which path, when, from where, outcome, request id; ids, URLs, tokens not."""
    with running_gateway(NOWHERE, "a-bucket") as gateway:
        alice = gateway.client_for(ALICE)
        started = alice.start(10)
        alice.get(f"/v1/uploads/{started['upload_id']}")
        alice.post("/v1/links", {"paths": ["x?X-Amz-Signature=SESAME", 7, "image/a.png"]})
        alice.get("/v1/assets/image/x/a.png?path=Bearer%20SESAME")
        gateway.app.test_client().get("/v1/assets")
        lines = audit_lines()
        assert len(lines) == 4, "a stranger's failure is in the access log"
        first, second, third, fourth = lines
        assert first["sub"] == ALICE
        assert first["client_id"]
        assert first["action"] == "uploads.create_upload"
        assert first["outcome"] == "done"
        assert first["address"] == "127.0.0.1"
        assert first["request_id"]
        assert str(first["time"]).startswith("20")
        assert first["paths"] == second["paths"] == [started["path"]]
        assert (third["outcome"], fourth["outcome"]) == ("refused", "failed")
        assert fourth["path"] == "image/x/a.png"
        text = json.dumps(lines)
        for secret in ("SESAME", started["upload_id"], alice.token, "X-Amz-Signature=A"):
            assert secret not in text


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\U0001f600"])
def test_a_line_is_bounded_whatever_is_named(audit_lines: AuditLines, letter: str) -> None:
    """A thousand paths of the longest are as many as fit, and how many they were; the query of
    a call that asks for none is cut, and shows no secret."""
    with running_gateway(NOWHERE, "a-bucket") as gateway:
        alice = gateway.client_for(ALICE)
        folder = "/".join(["video", "i" * 60, *[letter * (180 // len(letter.encode()))] * 4])
        paths = [f"{folder}/{number:04}.ts" for number in range(1000)]
        body = json.dumps({"paths": paths}, ensure_ascii=False).encode()
        many = alice.request("POST", "/v1/links", data=body, headers=JSON)
        some = alice.post("/v1/links", {"paths": ["image/a.png", "image/b.png"]})
        assert many.status_code == some.status_code == 200
        query = "&".join(f"{each}={'x' * 1500}" for each in ("path", "key", "prefix", "kind"))
        alice.post(f"/v1/links?{query}&project_id=Bearer%20SESAME", {"paths": ["image/a.png"]})
        for refused in (paths, ["\x00" * 1000] * 1000, [letter * 900] * 1000):
            alice.post("/v1/links", {"paths": refused, "expires_in": -1})
        lines = audit_lines()
    assert all(len(json.dumps(line)) < 32_000 for line in lines)
    first, second, third, *_ = lines
    assert first["paths_count"] == 1000
    assert first["paths"] == paths[: len(first["paths"])]
    assert len(first["paths"]) >= 3
    assert second["paths"] == ["image/a.png", "image/b.png"]
    assert "paths_count" not in second
    assert "SESAME" not in json.dumps(third)
