"""What the environment says of the network: by which proxy, and whom to trust.

It is the environment that boto3 obeys, too:

- ``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``, in either letter case, by the rules of
  ``urllib.request``: ``NO_PROXY`` holds host names, which cover what ends in them too, and
  addresses as they are written, with or without a port. A user and password in the proxy's URL are
  sent to it as Basic credentials.
- ``AWS_CA_BUNDLE``, else ``REQUESTS_CA_BUNDLE``: a file or a folder of the only certificate
  authorities to trust. Without them ``SSL_CERT_FILE``, which OpenSSL reads by itself.
"""

from __future__ import annotations

import os
import ssl
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

#: As boto3 reads them. OpenSSL reads SSL_CERT_FILE beside the system's own certificates.
_BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


class BadEnvironment(ValueError):
    """A variable of the environment that no client can be made from."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable = variable
        self.reason = reason


def proxy_for(url: str) -> str | None:
    """The URL of the proxy by which ``url`` is to be reached. Raises ``BadEnvironment``."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc):
        return None
    return _checked_proxy(f"{parts.scheme.upper()}_PROXY", proxy)


def ca_bundle() -> str | None:
    """The certificate authorities that boto3 is to trust, as a path; None for its own choice."""
    return next(
        (path for name in (*_BUNDLES, "SSL_CERT_FILE") if (path := os.environ.get(name))), None
    )


def check_environment() -> None:
    """Raise ``BadEnvironment`` for proxies, certificates and logs of keys that cannot be used."""
    for scheme, proxy in getproxies().items():
        if scheme in ("http", "https"):
            _checked_proxy(f"{scheme.upper()}_PROXY", proxy)
    if os.environ.get("SSLKEYLOGFILE"):
        try:
            ssl.create_default_context()
        except OSError:
            # Python opens it for each connection.
            raise BadEnvironment("SSLKEYLOGFILE", "names a file that cannot be written") from None
    for name in (*_BUNDLES, "SSL_CERT_FILE"):
        path = os.environ.get(name)
        if not path or os.path.isdir(path):
            continue
        try:
            ssl.create_default_context(cafile=path)
        except OSError:  # no such file, or no certificate in it
            raise BadEnvironment(name, "names no readable file of PEM certificates") from None


def trust() -> dict[str, Any]:
    """urllib3's options for whom to trust; none for the system's own authorities."""
    path = next((path for name in _BUNDLES if (path := os.environ.get(name))), None)
    if path is None:
        return {}
    return {"ca_cert_dir" if os.path.isdir(path) else "ca_certs": path}


def _checked_proxy(name: str, proxy: str) -> str:
    # Written without a scheme it is plain HTTP, as for boto3.
    url = proxy if "://" in proxy else f"http://{proxy.removeprefix('//')}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        # Who connects reads it by rules of its own.
        urllib3.util.parse_url(url)
    except ValueError:  # a port that is none, a name with a space
        usable = False
    if not usable:
        raise BadEnvironment(name, "is http:// or https://, and a host")
    return url


def proxy_headers(proxy: str) -> dict[str, str]:
    """What a proxy is sent for the user and password in its URL; nothing without them."""
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    user, password = unquote(parts.username), unquote(parts.password or "")
    return urllib3.make_headers(proxy_basic_auth=f"{user}:{password}")
