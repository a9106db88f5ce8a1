"""Headers that every answer has."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from tests.gateway import Caller, Gateway

DATA = "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/v1/me", 401),
        ("GET", "/nowhere", 404),
        ("POST", "/healthz", 405),
        ("OPTIONS", "/v1/links", 200),
        ("GET", "/metrics", 200),
        ("HEAD", "/v1/assets", 401),
        ("GET", "/s/unknown", 404),
        ("GET", "/", 302),
        ("GET", "/docs/assets/swagger-ui.css", 200),
        ("GET", "/docs/assets/oauth2-redirect.html", 200),
    ],
)
def test_every_answer_forbids_to_guess_and_to_run(
    gateway: Gateway, method: str, path: str, status: int
) -> None:
    """Whatever it is, a browser neither guesses its type nor loads or frames anything in it."""
    answer = gateway.app.test_client().open(path, method=method)
    answer.close()
    assert answer.status_code == status
    assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.getlist("Content-Security-Policy") == [DATA]
    assert "Server" not in answer.headers


def test_answers_of_callers_have_them_too(alice: Caller) -> None:
    """Links, faults in a body, and the streamed export."""
    for answer in (
        alice.post("/v1/links", {"paths": ["image/a.png"]}),
        alice.post("/v1/links", {}),
        alice.get("/v1/me/export"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == DATA


def test_the_page_of_the_api_runs_its_own_scripts_alone(gateway: Gateway) -> None:
    """Swagger UI works by a policy that names its one inline script, and nobody may frame it."""
    answer = gateway.app.test_client().get("/docs")
    [policy] = answer.headers.getlist("Content-Security-Policy")
    page = answer.get_data(as_text=True)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["script-src"] == f"'self' 'sha256-{digest}'"
    assert rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert rules["connect-src"] == "'self'"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(address.startswith("/docs/assets/") for address in loaded)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_leads_to_the_documentation(gateway: Gateway, method: str) -> None:
    """A redirect within this service, whatever the Host header says (T47)."""
    answer = gateway.app.test_client().open("/", method=method, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs")
