"""The provider's public signing keys, kept at hand.

One rule above all: a request whose key is known never waits for the network. So every fetch runs
on a short-lived thread of its own, at most one at a time and one per cooldown; only a request
with an unknown key waits for it, and only for a while. The old set is served until a newer one
is there. (Learnt from PyPI warehouse's ``oidc/services.py``.)

A fetch says nothing about keys that were published after it, so it turns away only who asked
before it began: forged key ids cannot spend the fetch that would find a new key (T59).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil

from prometheus_client import Counter

from app.auth.keyset import PublicKey
from app.auth.sources import KeySource
from app.auth.unknown import UnknownKids
from app.domain.errors import IdentityUnavailable, InvalidToken

# With keys at hand, a slow key server may not tie up the threads that serve known keys.
PATIENCE_SECONDS = 1.0

FETCHES = Counter("gateway_jwks_fetches", "Fetches of the signing keys", ["outcome"])
_FETCHED, _FAILED = FETCHES.labels("fetched"), FETCHES.labels("failed")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key and the version of the set it came with."""

    kid: str
    public: PublicKey
    version: int


@dataclass(frozen=True, slots=True)
class _KeySet:
    version: int = 0
    keys: Mapping[str, SigningKey] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Flight:
    """A fetch under way, the ``number``-th. ``landed`` is set when its result is in."""

    number: int
    landed: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)

    def remaining(self, seconds: float) -> float:
        return max(0.0, self.started + seconds - time.monotonic())


class JwksCache:
    """Signing keys by ``kid`` from one source. Thread-safe.

    :param timeout_seconds: longest wait for one fetch.
    :param cooldown_seconds: shortest time between the starts of two fetches, failed ones included.
    :param max_age_seconds: from this age on, a set is fetched anew when next used, which is how
        a withdrawn key is noticed.
    :param clock: monotonic seconds.
    """

    def __init__(
        self,
        source: KeySource,
        *,
        timeout_seconds: float = 3.0,
        cooldown_seconds: float = 30.0,
        max_age_seconds: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._timeout_seconds = timeout_seconds
        self._cooldown_seconds = cooldown_seconds
        self._max_age_seconds = max_age_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._key_set = _KeySet()
        self._flight: _Flight | None = None
        self._flights = 0
        self._judged_by = 0  # the last flight, if it brought keys
        self._unknown = UnknownKids()
        self._old_at = self._next_fetch_at = clock()

    @property
    def loaded(self) -> bool:
        """Whether there are keys to verify with, be they fresh or stale."""
        return bool(self._key_set.keys)

    @property
    def version(self) -> int:
        """0 before the first fetch; rises whenever the set of keys changes."""
        return self._key_set.version

    def load(self) -> bool:
        """Fetch if there are no keys yet and the cooldown permits; whether there are keys now."""
        if not self.loaded:
            self._await_fetch()
        return self.loaded

    def key_for(self, kid: str) -> SigningKey:
        """The key that signs under ``kid``.

        :raises InvalidToken: a fetch that began after this ``kid`` was first asked for was
            without it, and was the last one.
        :raises IdentityUnavailable: that is not known yet; the next fetch will tell.
        """
        known = self._key_set.keys.get(kid)
        if known is not None:
            if self._clock() >= self._old_at:
                self._fetch_if_due()
            return known
        self._unknown.note(kid, self._flights)
        landed = self._await_fetch()
        known = self._key_set.keys.get(kid)
        if known is not None:
            return known
        if self._unknown.was_asked_before(kid, self._judged_by):
            raise InvalidToken("The token is signed with an unknown key")
        wait_seconds = ceil(self._next_fetch_at - self._clock()) if landed else 1
        raise IdentityUnavailable(retry_after_seconds=max(1, wait_seconds))

    def _await_fetch(self) -> bool:
        """Wait for a fetch that is due or under way; False when it outlasts the patience."""
        flight = self._fetch_if_due()
        if flight is None:
            return True
        longest = min(PATIENCE_SECONDS, self._timeout_seconds)
        patience = longest if self.loaded else self._timeout_seconds
        return flight.landed.wait(flight.remaining(patience))

    def _fetch_if_due(self) -> _Flight | None:
        """The fetch under way, begun here when none is and the cooldown is over."""
        with self._lock:
            # A flight lost in a fork, or stuck in name resolution, must not ground all others.
            lost = self._flight is not None and not self._flight.remaining(
                2 * self._timeout_seconds
            )
            now = self._clock()
            if now < self._next_fetch_at or not (self._flight is None or lost):
                return self._flight
            self._next_fetch_at = now + self._cooldown_seconds
            self._flights += 1
            flight = self._flight = _Flight(self._flights)
        try:
            threading.Thread(target=self._fly, args=(flight,), daemon=True).start()
        except RuntimeError:  # no thread to be had: as good as a failed fetch
            self._land(flight, None)
        return flight

    def _fly(self, flight: _Flight) -> None:
        try:
            keys: Mapping[str, PublicKey] | None = self._source.fetch(self._timeout_seconds)
        except Exception as error:  # whatever it was, the waiting must learn of it
            log.warning("the JWKS could not be fetched: %s", type(error).__name__)
            keys = None
        self._land(flight, keys)

    def _land(self, flight: _Flight, keys: Mapping[str, PublicKey] | None) -> None:
        with self._lock:
            if self._flight is flight:  # else given up for lost: a later fetch knows better
                self._flight = None
                self._judged_by = flight.number if keys is not None else 0
                self._take(keys)
        flight.landed.set()

    def _take(self, keys: Mapping[str, PublicKey] | None) -> None:
        if keys is None:
            _FAILED.inc()
            return
        _FETCHED.inc()
        self._old_at = self._clock() + self._max_age_seconds
        if keys != {kid: known.public for kid, known in self._key_set.keys.items()}:
            # Who is withdrawn needs no other fetch to be refused.
            self._unknown.withdraw(self._key_set.keys.keys() - keys.keys())
            version = self._key_set.version + 1
            self._key_set = _KeySet(
                version, {kid: SigningKey(kid, key, version) for kid, key in keys.items()}
            )
