"""AWS credentials as one consistent value, with the instant at which they die.

A source is called for every signature. It answers at once from memory and renews temporary
credentials before they expire, so that callers never think about it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from app.domain.errors import StorageUnavailable

_RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys that belong together. ``expires_at`` is aware UTC, None for long-term keys."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


CredentialsSource = Callable[[], Credentials]


class _FrozenKeys(Protocol):
    @property
    def access_key(self) -> str | None: ...
    @property
    def secret_key(self) -> str | None: ...
    @property
    def token(self) -> str | None: ...


class ChainCredentials(Protocol):
    """What botocore's credential classes share; refreshable ones also have `_expiry_time`."""

    def get_frozen_credentials(self) -> _FrozenKeys: ...


def default_chain() -> CredentialsSource:
    """botocore's credential chain: environment, profiles, web identity, container, instance role.

    Nothing is looked up, and botocore is not imported, before the first call. Role credentials
    are renewed from 15 minutes before they expire, and at the latest 10 (botocore's defaults).
    The source raises StorageUnavailable while no credentials can be had.

    https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
    """
    return _Chain(_find_in_botocore_chain)


def _find_in_botocore_chain() -> ChainCredentials | None:
    from botocore.session import Session

    return Session().get_credentials()


class _Chain:
    """A credentials source over a chain that is walked once and then renews itself."""

    def __init__(
        self,
        find: Callable[[], ChainCredentials | None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find = find
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._found: ChainCredentials | None = None
        self._retry_at = float("-inf")
        self._last: tuple[_FrozenKeys, datetime | None, Credentials] | None = None

    def __call__(self) -> Credentials:
        try:
            keys, expiry = _freeze(self._found or self._walk())
        except StorageUnavailable:
            raise
        except Exception as error:
            # botocore's own, RuntimeError for "renewed, and still expired", and whatever comes of
            # reading variables and files: a token's that is gone, a time-out that is no number.
            raise StorageUnavailable("The storage credentials cannot be renewed") from error
        last = self._last
        if last and last[0] == keys and last[1] == expiry:
            return last[2]
        if not keys.access_key or not keys.secret_key:
            raise StorageUnavailable("The storage credentials are incomplete")
        expires_at = expiry.astimezone(UTC) if expiry else None
        fresh = Credentials(keys.access_key, keys.secret_key, keys.token or None, expires_at)
        self._last = (keys, expiry, fresh)
        return fresh

    def _walk(self) -> ChainCredentials:
        """Find the provider once. A failure is remembered, as asking the absent instance
        metadata service takes seconds that no second request should wait for."""
        with self._lock:
            if self._found is None and self._monotonic() >= self._retry_at:
                try:
                    self._found = self._find()
                finally:
                    self._retry_at = self._monotonic() + _RETRY_SECONDS
            if self._found is None:
                raise StorageUnavailable("The storage credentials cannot be found")
            return self._found


def _freeze(credentials: ChainCredentials) -> tuple[_FrozenKeys, datetime | None]:
    """Keys with *their* expiry, while another thread may be renewing them.

    botocore publishes new keys first and their expiry after. Keys that are the same before and
    after the expiry was read belong to it, or to a later one, which is safe: never to an earlier.
    """
    while True:
        keys = credentials.get_frozen_credentials()
        expiry: datetime | None = getattr(credentials, "_expiry_time", None)
        if credentials.get_frozen_credentials() == keys:
            return keys, expiry
