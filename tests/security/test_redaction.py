"""Nothing that grants access is written down: T37."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from app.operations.logs import REDACTED, configure_logging, redact
from tests.gateway import Caller, Gateway


def test_t37_requests_leave_no_secret_in_the_logs(
    alice: Caller, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """T37: a whole upload, a bad token and a refused link, and no secret in any line."""
    with caplog.at_level(logging.DEBUG, logger="gateway"):
        started = alice.start(10)
        alice.get(f"/v1/uploads/{started['upload_id']}")
        link = alice.post("/v1/links", {"paths": ["image/a.png"]}).json["links"][0]
        alice.get("/v1/assets", headers={"Authorization": "Bearer not.a.token"})
    written = caplog.text + capsys.readouterr().out
    assert "/v1/uploads/<upload_id>" in written
    secrets = [alice.token, started["upload_id"], link["url"].split("X-Amz-Signature=")[1]]
    for secret in secrets:
        assert secret not in written


def test_t37_every_line_is_redacted_whoever_writes_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """T37: our own lines, a library's, and the traceback of an error that holds a signed URL."""
    monkeypatch.setattr(logging.root, "handlers", [])
    configure_logging("INFO")
    url = "https://s3/a?X-Amz-Signature=SESAME"
    structlog.get_logger("ours").warning("asked", url=url)
    logging.getLogger("theirs").warning("GET %s", url)
    try:
        raise RuntimeError(url)
    except RuntimeError:
        logging.getLogger("theirs").exception("failed")
    written = capsys.readouterr().out
    assert written.count("https://s3/a") == 3
    assert "SESAME" not in written


@pytest.mark.parametrize(
    "text",
    [
        "GET /a?X-Amz-Signature=SESAME&x=1",
        "x-amz-credential=SESAME/20260101",
        "?X-Amz-Security-Token=SESAME",
        "https://cdn/x?Policy=SESAME&Signature=SESAME&Key-Pair-Id=SESAME",
        "{'Authorization': 'Bearer SESAME'}",
        '{"authorization": "Bearer SESAME"}',
        "Authorization: Bearer SESAME",
        "Cookie: CloudFront-Policy=SESAME; CloudFront-Signature=SESAME",
        "Set-Cookie: CloudFront-Key-Pair-Id=SESAME; Secure",
        "Cookie: session=SESAME",
        "Cookie: a=1; session=SESAME; b=2",
        'Set-Cookie: a="1"; session=SESAME',
        "{'Cookie': 'a=1; session=SESAME', 'Accept': '*/*'}",
        '{"cookie": "a=1; session=SESAME"}',
        json.dumps({"cookie": 'a="1"; session=SESAME'}),
        "bearer SESAME",
    ],
)
def test_t37_redaction_covers_every_spelling(text: str) -> None:
    """T37: query strings, headers, reprs and cookies."""
    assert "SESAME" not in redact(text)
    assert REDACTED in redact(text)


def test_t37_tokens_are_redacted_wherever_they_stand(gateway: Gateway, alice: Caller) -> None:
    """T37: JWTs and sealed ids are known by their shape; ordinary words are left alone."""
    upload_id = alice.start(10)["upload_id"]
    text = f"GET /v1/uploads/{upload_id}/complete by {alice.token} done"
    assert redact(text) == f"GET /v1/uploads/{REDACTED}/complete by {REDACTED} done"
    assert redact("users/abc/image/x.png is 10 bytes") == "users/abc/image/x.png is 10 bytes"
