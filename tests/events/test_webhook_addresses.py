"""Which addresses a webhook may be sent to."""

from __future__ import annotations

import ipaddress

import pytest

from app.events.webhook_addresses import is_forbidden


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "172.16.0.1", "192.168.1.1", "fd12::1", "::1", "1.1.1.1"]
)
def test_private_networks_are_where_back_ends_live(address: str) -> None:
    """Railway's network is fd12::/16; a VPC's is 10.0.0.0/8."""
    assert not is_forbidden(address)


def test_forbidden_networks_hold_what_they_are_said_to() -> None:
    """Every address of the link-local networks, not the well-known one alone."""
    for network in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"):
        found = ipaddress.ip_network(network)
        for address in (found[0], found[1], found[found.num_addresses // 2], found[-1]):
            assert is_forbidden(str(address))
