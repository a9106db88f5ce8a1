"""Credentials: one consistent value, renewed in time, also while many threads ask."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from botocore import credentials as botocore_credentials
from botocore.exceptions import CredentialRetrievalError

from app.domain.errors import StorageUnavailable
from app.signing.credentials import Credentials, _Chain, default_chain

START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


class Role:
    """An instance role: each renewal gives keys with their number in all three parts."""

    def __init__(self, lifetime: timedelta = timedelta(hours=1)) -> None:
        self.now = START
        self.lifetime = lifetime
        self.renewals = 0
        self.broken = False

    def renew(self) -> dict[str, Any]:
        if self.broken:
            raise CredentialRetrievalError(provider="role", error_msg="arn:aws:iam::1:role/x")
        self.renewals += 1
        n = self.renewals
        expiry = (START + self.lifetime * n).isoformat()
        return {
            "access_key": f"id-{n}",
            "secret_key": f"secret-{n}",
            "token": f"token-{n}",
            "expiry_time": expiry,
        }

    def chain(self) -> _Chain:
        found = botocore_credentials.RefreshableCredentials.create_from_metadata(
            self.renew(), self.renew, "role"
        )
        found._time_fetcher = lambda: self.now
        return _Chain(lambda: found)


@pytest.fixture
def role() -> Role:
    return Role()


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield


def test_t37_secrets_are_not_in_the_repr() -> None:
    """T37: keys in a log line or traceback show their id and expiry only."""
    assert repr(Credentials("id", "secret", "token", START)) == (
        f"Credentials(access_key_id='id', expires_at={START!r})"
    )


def test_the_chain_reads_the_environment(
    no_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long-term keys from botocore's chain have no expiry, and stay one and the same value."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    source = default_chain()
    assert source() == Credentials("id", "secret", None, None)
    assert source() is source()


def test_botocore_is_not_imported_before_it_is_needed() -> None:
    """Making the source costs no import: static set-ups and start-up never pay for botocore."""
    code = (
        "import sys; from app.signing.credentials import default_chain; import app.signing.sigv4;"
        "default_chain(); sys.exit('botocore' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_empty_chain_is_unavailable_storage(no_credentials: None) -> None:
    """Without credentials the answer is a 503, not an AttributeError."""
    with pytest.raises(StorageUnavailable):
        default_chain()()


def test_half_a_pair_is_unavailable_storage(
    no_credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key id without its secret is botocore's PartialCredentialsError: a 503 as well."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    with pytest.raises(StorageUnavailable):
        default_chain()()


def test_a_failed_walk_is_not_repeated_at_once() -> None:
    """Asking an absent metadata service takes seconds: within 5 s the failure is remembered."""
    walks, now = [], [100.0]

    def find() -> None:
        walks.append(now[0])

    chain = _Chain(find, monotonic=lambda: now[0])
    for now[0] in (100.0, 101.0, 104.9, 105.0):
        with pytest.raises(StorageUnavailable):
            chain()
    assert walks == [100.0, 105.0]


def test_a_walk_that_raises_is_remembered_too() -> None:
    """The cooldown is armed on errors as well as on empty hands."""
    walks = []

    def find() -> None:
        walks.append(1)
        raise CredentialRetrievalError(provider="process", error_msg="no such file")

    chain = _Chain(find, monotonic=lambda: 7.0)
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            chain()
    assert len(walks) == 1


def test_many_threads_walk_the_chain_once() -> None:
    """At a cold start, every thread waits for the one walk and gets its keys."""
    walks = []
    gate = threading.Event()

    def find() -> botocore_credentials.Credentials:
        walks.append(1)
        gate.wait(0.05)
        return botocore_credentials.Credentials("id", "secret")

    chain = _Chain(find)
    assert in_threads(chain, times=1) == {Credentials("id", "secret", None, None)}
    assert len(walks) == 1


def test_role_keys_come_with_their_expiry(role: Role) -> None:
    """A role's expiry is an aware UTC instant."""
    keys = role.chain()()
    assert keys == Credentials("id-1", "secret-1", "token-1", START + timedelta(hours=1))
    assert keys.expires_at is not None and keys.expires_at.tzinfo is UTC


def test_t30_role_keys_are_renewed_before_they_expire(role: Role) -> None:
    """T30: 14 minutes before the end the next keys are there; 16 minutes before, not yet."""
    source = role.chain()
    role.now = START + timedelta(minutes=44)
    assert source().access_key_id == "id-1"
    role.now = START + timedelta(minutes=46)
    assert source().access_key_id == "id-2"
    assert role.renewals == 2


def test_t30_a_failing_renewal_uses_the_old_keys_while_they_last(role: Role) -> None:
    """T30: early failures go unnoticed; near the end they are a 503 without upstream text."""
    source = role.chain()
    role.broken = True
    role.now = START + timedelta(minutes=46)
    assert source().access_key_id == "id-1"
    role.now = START + timedelta(minutes=51)
    with pytest.raises(StorageUnavailable) as refused:
        source()
    assert "arn" not in refused.value.detail
    role.broken = False
    assert source().access_key_id == "id-2"


def test_t30_keys_that_are_expired_after_renewal_are_refused(role: Role) -> None:
    """T30: botocore raises RuntimeError for a role that hands out dead keys."""
    source = role.chain()
    role.now = START + timedelta(hours=5)
    with pytest.raises(StorageUnavailable):
        source()


def test_t30_keys_and_expiry_belong_together_while_threads_renew() -> None:
    """T30: under constant renewal no thread sees one pair's id with another's secret, token,
    or a later pair's expiry."""
    role = Role(lifetime=timedelta(minutes=20))
    source = role.chain()

    def ask() -> Credentials:
        role.now += timedelta(seconds=20)
        return source()

    seen = in_threads(ask, times=400)
    assert role.renewals > 20
    for keys in seen:
        n = int(keys.access_key_id.removeprefix("id-"))
        assert (keys.secret_access_key, keys.session_token) == (f"secret-{n}", f"token-{n}")
        assert keys.expires_at is not None
        assert keys.expires_at <= START + role.lifetime * n


def test_t30_an_expiry_read_during_a_renewal_is_never_the_later_one() -> None:
    """T30: a renewal between reading keys and reading expiry makes the source look again."""
    role = Role()
    found = botocore_credentials.RefreshableCredentials.create_from_metadata(
        role.renew(), role.renew, "role"
    )
    found._time_fetcher = lambda: role.now

    class RenewedInBetween:
        def __init__(self) -> None:
            self.renewed = False

        def get_frozen_credentials(self) -> Any:
            return found.get_frozen_credentials()

        @property
        def _expiry_time(self) -> datetime | None:
            if not self.renewed:
                self.renewed = True
                role.now = START + timedelta(minutes=50)
                found.get_frozen_credentials()
            return found._expiry_time

    keys = _Chain(RenewedInBetween)()
    assert keys == Credentials("id-2", "secret-2", "token-2", START + timedelta(hours=2))


def in_threads(ask: Callable[[], Credentials], *, times: int, threads: int = 8) -> set[Credentials]:
    """Everything that many threads, started together and switched often, were answered."""
    together = threading.Barrier(threads)

    def work() -> set[Credentials]:
        together.wait(60)
        return {ask() for _ in range(times)}

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(work) for _ in range(threads)]
            return set().union(*(future.result(60) for future in futures))
    finally:
        sys.setswitchinterval(interval)
