"""What is written down of who did what: T37."""

from __future__ import annotations

import json

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
