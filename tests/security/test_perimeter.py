"""What stands between the internet and the views: T38, T43, T46, T47."""

from __future__ import annotations

import pytest

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
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/docs/assets/<path:name>",
        "/s/<token>",
        "/r/<token>",
        "/r/<token>/uploads",
        "/r/<token>/uploads/<upload_id>",
        "/r/<token>/uploads/<upload_id>/complete",
        "/r/<token>/uploads/<upload_id>/parts",
    }


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


def test_t38_each_origin_is_told_what_is_its_own(gateway: Gateway) -> None:
    """T38: what is remembered of one origin is said to no other, in whatever order they ask."""
    client = gateway.app.test_client()
    for origin in ("https://new.example", ORIGIN, "https://new.example", ORIGIN.upper(), ORIGIN):
        answer = client.get("/healthz", headers={"Origin": origin})
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        assert allowed == (ORIGIN if origin == ORIGIN else None), origin


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
    """T47: no answer contains a host that the client made up, and Location names none."""
    answer = alice.post(
        "/v1/uploads",
        {"filename": "a.png", "content_type": "image/png", "size": 1},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert answer.status_code == 201
    assert "evil.example" not in answer.get_data(as_text=True) + str(answer.headers)
    assert answer.headers["Location"] == f"/v1/uploads/{answer.json['upload_id']}"


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
