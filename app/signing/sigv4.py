"""AWS Signature Version 4 for URLs and form posts, byte for byte as botocore's s3v4 signs them.

Presigning is what this service does all day, so what URLs have in common is worked out once a
batch: the day's key, the credential scope, the query's authentication half. A URL then costs one
SHA-256, one HMAC and the writing of its own few bytes.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from app.domain.errors import StorageUnavailable
from app.domain.limits import MAX_SIGNATURE_SECONDS
from app.domain.signed import PresignedPost
from app.signing.addressing import BucketAddress
from app.signing.canonical import Query, SignedHeaders
from app.signing.credentials import Credentials, CredentialsSource
from app.signing.grant import Form, Grant
from app.signing.post_policies import check_form, sign_form

_NOTHING: Mapping[str, str] = MappingProxyType({})

Wanted = tuple[str, Mapping[str, str] | Query, Mapping[str, str]]
"""One URL of a batch: key, query parameters (or what was made of them), signed headers."""


class Presigned(NamedTuple):
    """A URL that carries its authorisation. Its repr does not: it may end up in a log."""

    url: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Presigned(expires_at={self.expires_at!r})"


def window_start(now: datetime, lifetime_seconds: int) -> datetime:
    """The signing instant for repeating links: now, rounded down to a quarter of the lifetime.

    Links for the same object then come out the same within a window, so that browser caches
    work, and each lives between three quarters and all of its lifetime.
    """
    window = max(1, lifetime_seconds // 4)
    seconds = int(_utc_second(now).timestamp())
    return datetime.fromtimestamp(seconds - seconds % window, UTC)


class Presigner:
    """Signs for one region with whatever credentials the source has at the moment."""

    def __init__(
        self,
        credentials: CredentialsSource,
        region: str,
        *,
        service: str = "s3",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        minimum_seconds: int = 60,
    ) -> None:
        """``minimum_seconds``: credentials with less life left than this sign nothing."""
        self._credentials = credentials
        self._region = region
        self._service = service
        self._clock = clock
        self._minimum_life = timedelta(seconds=minimum_seconds)
        self._last: Grant | None = None

    def presign(
        self,
        method: str,
        address: BucketAddress,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expires_seconds: int,
        at: datetime | None = None,
    ) -> Presigned:
        """A URL for one request; an empty key means the bucket itself.

        ``headers`` are those the client must send with exactly these values; ``host`` is always
        signed. ``at`` is the signing instant, now if left out, cut to the second.
        ``expires_at`` comes sooner than asked when the credentials die sooner.

        Raises ValueError for a lifetime outside 1 to 604,800 s, a header or a query that cannot
        be signed, a key that no URL can name; StorageUnavailable without usable credentials.
        """
        wanted = ((key, query or _NOTHING, headers or _NOTHING),)
        return self.presign_many(method, address, wanted, expires_seconds=expires_seconds, at=at)[0]

    def presign_many(
        self,
        method: str,
        address: BucketAddress,
        wanted: Iterable[Wanted],
        *,
        expires_seconds: int,
        at: datetime | None = None,
    ) -> list[Presigned]:
        """URLs for many requests, signed at one instant; in order, and as :meth:`presign` does.

        Costs a few microseconds a URL, and least where neighbours share their key (the parts of
        one upload) and where few different sets of headers occur.
        """
        grant = self._grant(expires_seconds, at)
        method, origin, expires_at = method.upper(), address.origin, grant.expires_at
        forms: dict[tuple[tuple[str, str], ...], Form] = {}
        path, opening, opened_by = "", None, None
        urls = []
        # The parts of an upload differ in the end of their queries alone: what stands before it is
        # hashed once, as soon as a second URL begins alike.
        for key, query, headers in wanted:
            form = forms.get(header_items := tuple(headers.items()))
            if form is None:
                form = grant.form(SignedHeaders.of(headers, address.host))
                forms[header_items] = form
            plain, before, after = query if isinstance(query, Query) else Query.of(query)
            if opened_by != (opener := (key, before, form)):
                path, opened_by, opening = address.path(key), opener, None
                request = sha256(
                    f"{method}\n{path}\n{before}{form.sorted_auth}{after}\n{form.ending}".encode()
                )
            else:
                if opening is None:
                    opening = sha256(f"{method}\n{path}\n{before}{form.sorted_auth}".encode())
                request = opening.copy()
                request.update(f"{after}\n{form.ending}".encode())
            signature = grant.sign(request.hexdigest())
            url = f"{origin}{path}?{plain}{form.auth}&X-Amz-Signature={signature}"
            urls.append(Presigned(url, expires_at))
        return urls

    def post_policy(
        self,
        address: BucketAddress,
        key: str,
        *,
        fields: Mapping[str, str],
        content_length: tuple[int, int],
        expires_seconds: int,
        at: datetime | None = None,
    ) -> PresignedPost:
        """A form post for one object whose every field is pinned to exactly one value.

        ``content_length`` is the least and the most bytes the file may have. S3 replaces
        ``${filename}`` in any field by a name the client chooses, so it is refused everywhere.

        Raises ValueError for such a field, one that the policy itself makes, or bounds that are
        not in order; otherwise as :meth:`presign` does.
        """
        check_form(key, fields, content_length)
        return sign_form(self._grant(expires_seconds, at), address, key, fields, content_length)

    def _grant(self, expires_seconds: int, at: datetime | None) -> Grant:
        """What everything signed at this instant for this long shares."""
        if not 1 <= expires_seconds <= MAX_SIGNATURE_SECONDS:
            raise ValueError("expires_seconds is 1 to 604800")
        now = self._clock()
        credentials, lifetime = self._usable_credentials(now), expires_seconds
        at = _utc_second(at or now)
        if credentials.expires_at is not None:
            lifetime = min(lifetime, int((credentials.expires_at - at).total_seconds()))
            if lifetime < 1:
                raise StorageUnavailable("The storage credentials end before the signing instant")
        last, made_of = self._last, (credentials, at, lifetime)
        if last is None or last.made_of != made_of:
            last = self._last = Grant.of(*made_of, self._region, self._service)
        return last

    def _usable_credentials(self, now: datetime) -> Credentials:
        """Credentials with a life worth signing for. A source that is just renewing them in
        another thread gets a second chance."""
        for source in (self._credentials, self._credentials):
            credentials = source()
            dies = credentials.expires_at
            if dies is None or dies - now >= self._minimum_life:
                return credentials
        raise StorageUnavailable("The storage credentials are about to expire")


def _utc_second(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.replace(microsecond=0)
