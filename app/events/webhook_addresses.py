"""Which addresses a webhook may be sent to: none that leads to a cloud's metadata service (T41)."""

from __future__ import annotations

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_AWS_LOCAL = ipaddress.ip_network("fd00:ec2::/32")  # metadata, name and time service on AWS
#: Metadata services of other clouds that are not link-local: Azure, Alibaba, Oracle.
_CLOUDS_LOCAL = frozenset(
    map(ipaddress.IPv4Address, ("168.63.129.16", "100.100.100.200", "192.0.0.192"))
)
#: What holds an IPv4 address in its last bits: RFC 6052, RFC 8215, RFC 4291 §2.5.5.1.
_EMBEDDING = tuple(
    ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")
)


def resolve_name(host: str, port: int) -> list[str]:
    """Every address of ``host``, in the order in which the system would try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_forbidden(text: str) -> bool:
    """Whether a request to this address could reach the machine's own metadata service."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address in _AWS_LOCAL:
            return True
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo:
            inner = address.teredo[1]
        # ``::`` and ``::1`` are addresses of their own.
        if inner is None and int(address) > 1 and any(address in each for each in _EMBEDDING):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    return (
        address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address in _CLOUDS_LOCAL
    )
