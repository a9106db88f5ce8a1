"""Addresses as sockets and proxies write them: C23."""

from __future__ import annotations

import pytest

from app.operations.addresses import plain_address
from tests.gateway import ALICE, NOWHERE, AuditLines, running_gateway, stop_rates

LINKS = {"paths": ["image/a.png"]}
WRITTEN = {
    "203.0.113.7": "203.0.113.7",
    "203.0.113.7:50007": "203.0.113.7",
    " 203.0.113.7 ": "203.0.113.7",
    '"203.0.113.7:1"': "203.0.113.7",
    "2001:db8::1": "2001:db8::1",
    "2001:0DB8:0::1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:db8::1]:443": "2001:db8::1",
    "::ffff:203.0.113.7": "203.0.113.7",
    "[::ffff:203.0.113.7]:80": "203.0.113.7",
    "fe80::1%eth0": "fe80::1",
    "": "unknown",
    "unknown": "unknown",
    "_hidden": "unknown",
    "203.0.113": "unknown",
    "203.0.113.7:": "unknown",
    "203.0.113.7:123456": "unknown",
    "203.0.113.7:x": "unknown",
    "203.0.113.7]": "unknown",
    "[203.0.113.7": "unknown",
    "[]:1": "unknown",
    "2001:db8::1]:443": "unknown",
    "\uff12\uff10\uff13.0.113.7": "unknown",
    "Bearer eyJhbGciOi": "unknown",
    "1" * 5000: "unknown",
}


@pytest.mark.parametrize(("written", "plain"), WRITTEN.items(), ids=lambda text: repr(text[:30]))
def test_c23_an_address_is_an_address_alone(written: str, plain: str) -> None:
    """C23: without ports, brackets and interfaces, IPv4 as such; junk is ``unknown``."""
    assert plain_address(written) == plain


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7:50007", "203.0.113.7"),
        ("198.51.100.1, [2001:db8::1]:443", "2001:db8::1"),
        ("203.0.113.7, ::ffff:198.51.100.1", "198.51.100.1"),
        ("203.0.113.7, Bearer SESAME", "unknown"),
    ],
)
def test_c23_limits_and_logs_know_the_address_alone(
    audit_lines: AuditLines, forwarded: str, address: str
) -> None:
    """C23: behind a proxy that adds ports, who comes from another port is the same stranger."""
    with running_gateway(
        NOWHERE, "a-bucket", TRUSTED_PROXIES="1", RATE_LIMIT="2/hour", LOG_LEVEL="INFO"
    ) as gateway:
        stop_rates(gateway)
        headers = {"X-Forwarded-For": forwarded}
        gateway.client_for(ALICE).post("/v1/links", LINKS, headers=headers)
        [line] = audit_lines()
        assert line["address"] == address
        client, statuses = gateway.app.test_client(), []
        for port in ("1", "2", "3"):
            moved = forwarded.replace("50007", port).replace("443", port)
            statuses.append(client.get("/docs", headers={"X-Forwarded-For": moved}).status_code)
        assert statuses == [200, 200, 429]
