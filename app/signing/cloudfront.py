"""CloudFront's signed URLs and cookies: one object by a canned policy, one folder by a custom one.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-setting-signed-cookie-custom-policy.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from app.signing.canonical import encode_path
from app.signing.cloudfront_keys import HashName, load_signing_key, url_safe

#: Signatures kept, at about 1 KB each: four full pages of a listing.
REMEMBERED = 4096


class FolderGrant(NamedTuple):
    """What opens everything below one folder. Its repr shows none of it: it may end up in a log."""

    query: str
    """``Policy=…&Signature=…&Key-Pair-Id=…``, to be put behind each URL."""
    cookies: dict[str, str]
    """The same as cookies, by name."""

    def __repr__(self) -> str:
        return "FolderGrant()"


class CloudFrontSigner:
    """Signs with one key of the distribution's key group."""

    def __init__(
        self, domain: str, key_pair_id: str, private_key: str, hash_name: HashName = "sha256"
    ) -> None:
        """``domain`` is a host name, or a base URL where there is no TLS (a local edge).

        Raises ValueError as ``load_signing_key`` does.
        """
        self.origin = (domain if "://" in domain else f"https://{domain}").rstrip("/")
        sign = load_signing_key(private_key, hash_name)
        # Links repeat within a window: a page that is asked for again is not signed again.
        self._signature = lru_cache(REMEMBERED)(lambda policy: url_safe(sign(policy)))
        self._parameters = {"Key-Pair-Id": key_pair_id}
        # Left out, CloudFront takes the signature for one over SHA-1.
        if hash_name == "sha256":
            self._parameters["Hash-Algorithm"] = "SHA256"
        self._ending = "".join(f"&{name}={value}" for name, value in self._parameters.items())

    def url(self, key: str) -> str:
        """The unsigned URL of a key. Everything but unreserved characters is percent-encoded, so
        that no ``*`` or ``?`` of a name reaches a policy (T34)."""
        return f"{self.origin}/{encode_path(key)}"

    def sign_url(self, key: str, query: str, expires: int) -> str:
        """The URL of exactly this key with exactly this encoded query, until ``expires`` (Unix)."""
        resource = f"{self.origin}/{encode_path(key)}?{query}"
        signature = self._signature(_policy(resource, expires))
        return f"{resource}&Expires={expires}&Signature={signature}{self._ending}"

    def sign_folder(self, folder: str, expires: int) -> FolderGrant:
        """What opens every object below ``folder``, a key that ends in ``/``, until ``expires``.

        Raises ValueError for any other folder: without the slash the wildcard would take in the
        neighbours whose names begin alike (T34).
        """
        if not folder.endswith("/") or folder.count("/") < 2:
            raise ValueError("a folder ends in a slash and lies below another")
        policy = _policy(f"{self.url(folder)}*", expires)
        parameters = {
            "Policy": url_safe(policy),
            "Signature": self._signature(policy),
            **self._parameters,
        }
        return FolderGrant(
            query="&".join(f"{name}={value}" for name, value in parameters.items()),
            cookies={f"CloudFront-{name}": value for name, value in parameters.items()},
        )


def _policy(resource: str, expires: int) -> bytes:
    """The policy as CloudFront writes a canned one itself: no blanks, this order."""
    return (
        f'{{"Statement":[{{"Resource":"{resource}",'
        f'"Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}'
    ).encode()
