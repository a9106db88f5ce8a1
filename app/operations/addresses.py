"""Who is connected, told in one way whatever wrote it down: a socket or a proxy."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

UNKNOWN = "unknown"
_IPV4_AND_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")
_BRACKETS = re.compile(r"\[([^\]]+)\](?::[0-9]{1,5})?")


@lru_cache(maxsize=4096)
def plain_address(text: str) -> str:
    """The address in ``text``.

    Proxies add ports and brackets (``203.0.113.7:50007``, ``[2001:db8::1]:443``), a socket for IPv6
    shows IPv4 as ``::ffff:203.0.113.7``. Anything else, such as RFC 7239's ``_hidden``, may have
    been written by anybody.
    """
    text = text.strip(' "')
    if match := _IPV4_AND_PORT.fullmatch(text) or _BRACKETS.fullmatch(text):
        text = match[1]
    try:
        # Without the interface that a link-local address was seen on.
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
