"""CORS for app shells and traced front ends: C25, C26."""

from __future__ import annotations

import pytest

from tests.gateway import NOWHERE, Gateway, running_gateway

SHELLS = [
    "capacitor://localhost",
    "ionic://localhost",
    "tauri://localhost",
    "http://tauri.localhost",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://0f8fad5b-d9cb-469f-a165-70867728950e",
    "app://localhost",
]


@pytest.mark.parametrize("origin", SHELLS)
def test_c25_origins_of_app_shells_are_echoed_exactly(origin: str) -> None:
    """C25, T38: that origin, on answers and preflights, and none that only looks like it."""
    with running_gateway(NOWHERE, "a-bucket", CORS_ORIGINS=origin) as gateway:
        client = gateway.app.test_client()
        for method in ("GET", "OPTIONS"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = client.open("/v1/assets", method=method, headers=headers)
            assert answer.headers["Access-Control-Allow-Origin"] == origin
        scheme, _, host = origin.partition("://")
        for other in (
            f"{origin}.evil.example",
            f"{scheme}x://{host}",
            f"{scheme}://",
            host,
            "null",
        ):
            answer = client.get("/v1/assets", headers={"Origin": other})
            assert "Access-Control-Allow-Origin" not in answer.headers, other


def test_c26_preflights_allow_what_tracing_adds(gateway: Gateway) -> None:
    """C26: W3C Trace Context and Baggage, and Sentry's, beside what the client sends itself."""
    asked = "authorization, baggage, content-type, sentry-trace, traceparent, tracestate"
    answer = gateway.app.test_client().options(
        "/v1/uploads",
        headers={
            "Origin": "https://app.example.com",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": asked,
        },
    )
    assert answer.headers["Access-Control-Allow-Headers"].lower() == asked
