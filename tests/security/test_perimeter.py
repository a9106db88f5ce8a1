"""What stands between the internet and the views: T37, T38, T40, T43, T46, T47."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from app import PUBLIC_BLUEPRINTS
from app.telemetry import REDACTED, configure_logging, redact
from tests.gateway import Caller, Gateway, running_gateway
from tests.stores.store import Store

ORIGIN = "https://app.example.com"


def test_t43_every_route_needs_a_token_unless_it_is_public(gateway: Gateway) -> None:
    """T43: the URL map is walked; only the short list answers a stranger with anything but 401."""
    open_rules = set()
    client = gateway.app.test_client()
    for rule in gateway.app.url_map.iter_rules():
        url = rule.rule
        for argument in rule.arguments:
            url = url.replace(f"<path:{argument}>", "image/a/b.png").replace(f"<{argument}>", "x")
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            if client.open(url, method=method).status_code != 401:
                open_rules.add(rule.rule)
    assert open_rules == {
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/docs/assets/<path:name>",
        "/s/<token>",
    }
    assert {"uploads", "assets", "links"}.isdisjoint(PUBLIC_BLUEPRINTS)


@pytest.mark.parametrize("path", ["/v1/assets", "/v1/links", "/nowhere", "/healthz"])
def test_t38_cors_is_for_exact_origins_and_on_errors_too(gateway: Gateway, path: str) -> None:
    """T38: the configured origin may read every answer, also a 401, 404 and 405."""
    client = gateway.app.test_client()
    answer = client.get(path, headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = answer.headers["Access-Control-Expose-Headers"]
    for name in ("Location", "X-Request-Id", "Retry-After", "RateLimit-Remaining"):
        assert name in exposed
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://app.example.com.evil.com",
        "https://evilapp.example.com",
        "https://app-example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://appxexample.com",
    ],
)
def test_t38_look_alike_origins_get_nothing(gateway: Gateway, origin: str) -> None:
    """T38: `null`, suffixes, prefixes, other schemes and ports are not the origin."""
    answer = gateway.app.test_client().get("/v1/assets", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_t38_preflights_need_no_token(gateway: Gateway) -> None:
    """T38: a preflight is answered without a token, naming methods and headers."""
    answer = gateway.app.test_client().options(
        "/v1/uploads",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"].lower() == "authorization, content-type"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b'{"paths": ["image/a.png"], "paths": ["image/b.png"]}', 422),
        (b'{"paths": NaN}', 422),
        (b'{"paths": 1e999}', 422),
        (b"[" * 60_000, 422),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, 422),
        (b'"\xff"', 422),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b'{"paths": "image/a.png"}', 422),
        (b'{"paths": [1]}', 422),
        (b'{"paths": ["\\ud800"]}', 422),
        (b"1" * 2_000_000, 413),
    ],
    ids=lambda value: str(value[:24]) if isinstance(value, bytes) else str(value),
)
def test_t40_bodies_that_are_not_as_they_should_be(alice: Caller, body: bytes, status: int) -> None:
    """T40: broken, ambiguous, deep, huge or mistyped JSON is a 4xx problem."""
    answer = alice.request("POST", "/v1/links", data=body, content_type="application/json")
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_t40_what_is_no_number_is_refused_wherever_it_stands(alice: Caller, number: str) -> None:
    """T40: also where a schema takes any value, as it does Uppy's metadata."""
    body = f'{{"filename": "a.png", "type": "image/png", "metadata": {{"a": {number}}}}}'
    answer = alice.request("POST", "/s3/multipart", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/validation-error")


def test_t40_half_a_character_is_refused_wherever_it_stands(alice: Caller) -> None:
    """T40: a lone surrogate, which no UTF-8 can carry, in text that is only stored."""
    body = (
        b'{"filename": "a.png", "content_type": "image/png", "size": 1,'
        b' "metadata": {"title": "\\ud800"}}'
    )
    answer = alice.request("POST", "/v1/uploads", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/validation-error")


def test_t40_small_routes_take_small_bodies(alice: Caller) -> None:
    """T40: 64 KB, where the contract grants no more."""
    body = json.dumps({"filename": "a" * 70_000})
    answer = alice.request("POST", "/v1/uploads", data=body, content_type="application/json")
    assert (answer.status_code, answer.json["type"]) == (413, "/problems/too-large")


def test_t40_another_content_type_is_said(alice: Caller) -> None:
    """T40: a body that is not JSON is a 415."""
    answer = alice.request("POST", "/v1/links", data=b"a=b", content_type="text/plain")
    assert (answer.status_code, answer.json["type"]) == (415, "/problems/unsupported-type")


def test_t46_a_store_that_is_down_is_a_503_without_its_words(
    swift_store: Store, swift_gateway: Gateway
) -> None:
    """T46: 503 with Retry-After, no bucket, no address; and again fine when it is back."""
    dead = swift_store.at("http://127.0.0.1:9")
    with running_gateway(dead, "hidden-bucket") as gateway:
        alice = gateway.client_for("alice")
        for answer in (
            alice.get("/v1/assets"),
            alice.get("/v1/assets/image/a.png"),
            alice.delete("/v1/assets/image/a.png"),
        ):
            text = answer.get_data(as_text=True)
            assert answer.status_code == 503, text
            assert int(answer.headers["Retry-After"]) > 0
            assert "hidden-bucket" not in text
            assert "127.0.0.1" not in text
        assert alice.post("/v1/links", {"paths": ["image/a.png"]}).status_code == 200
        ready = gateway.app.test_client().get("/readyz")
        assert (ready.status_code, ready.json["checks"]["storage"]) == (503, "failed")
    assert swift_gateway.client_for("alice").get("/v1/assets").status_code == 200


def test_t46_a_missing_bucket_is_a_502_without_its_name(swift_store: Store) -> None:
    """T46: what S3 says about buckets and keys is not passed on."""
    with running_gateway(swift_store, "no-such-bucket") as gateway:
        alice = gateway.client_for("alice")
        for answer in (alice.get("/v1/assets"), alice.delete("/v1/assets/image/a.png")):
            assert (answer.status_code, answer.json["type"]) == (502, "/problems/storage-error")
            text = answer.get_data(as_text=True)
            for word in ("no-such-bucket", "NoSuchBucket", "An error occurred"):
                assert word not in text


def test_t46_keys_that_cannot_be_had_are_a_503(swift_store: Store) -> None:
    """With the JWKS down: 503 identity-unavailable, /readyz names it, /healthz is unmoved."""
    with running_gateway(
        swift_store, swift_store.create_bucket(), COGNITO_JWKS_URL="http://127.0.0.1:9/jwks"
    ) as gateway:
        answer = gateway.client_for("alice").get("/v1/assets")
        assert (answer.status_code, answer.json["type"]) == (
            503,
            "/problems/identity-unavailable",
        )
        assert int(answer.headers["Retry-After"]) > 0
        client = gateway.app.test_client()
        assert client.get("/readyz").json["checks"] == {"identity": "failed", "storage": "ok"}
        assert client.get("/healthz").status_code == 200


def test_t46_a_crash_tells_nothing_of_itself(
    swift_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T46: a fault of ours is a 500 whose body has none of the exception's words."""
    with running_gateway(swift_store, "any-bucket") as gateway:

        def crash() -> None:
            raise RuntimeError("arn:aws:s3:::any-bucket")

        monkeypatch.setitem(gateway.app.view_functions, "ops.healthz", crash)
        answer = gateway.app.test_client().get("/healthz")
    assert (answer.status_code, answer.json["type"]) == (500, "/problems/internal-error")
    assert "any-bucket" not in answer.get_data(as_text=True)


def test_t47_the_host_header_chooses_no_address(alice: Caller) -> None:
    """T47: no answer contains a host that the client made up."""
    answer = alice.post(
        "/v1/uploads",
        {"filename": "a.png", "content_type": "image/png", "size": 1},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert answer.status_code == 201
    assert "evil.example" not in answer.get_data(as_text=True) + str(answer.headers)


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


def test_metrics_need_their_token_or_loopback(swift_store: Store) -> None:
    """Without METRICS_TOKEN only loopback, and nobody whom a proxy stands for."""
    with running_gateway(swift_store, "any-bucket") as gateway:
        client = gateway.app.test_client()
        assert client.get("/metrics").status_code == 200
        away = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
        assert client.get("/metrics", **away).status_code == 404
        assert client.get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 404
    with running_gateway(swift_store, "any-bucket", METRICS_TOKEN="m" * 20) as gateway:
        client = gateway.app.test_client()
        assert client.get("/metrics").status_code == 404
        allowed = client.get("/metrics", headers={"Authorization": "Bearer " + "m" * 20})
        assert allowed.status_code == 200
        assert b"gateway_requests_total" in allowed.data
