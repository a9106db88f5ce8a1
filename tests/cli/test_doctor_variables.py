"""What the doctor says of variables that are not the gateway's: libraries', and a front end's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.doctor import doctor
from app.cli.doctor.frontend import PREFIXES, frontend_results
from app.cli.doctor.results import Status
from app.cli.doctor.surroundings import surrounding_results
from config import Settings
from devstack.process import free_port


@pytest.fixture
def somebody() -> Iterator[str]:
    """The address of somebody who listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a proxy nothing can be said of who is behind it."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def found(**environ: str) -> dict[str, Status]:
    rows = [*surrounding_results(environ)]
    for row in rows:
        assert row.why, row
        assert row.fix, row
    return {row.id.removeprefix("environment."): row.status for row in rows}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"NO_PROXY": "localhost,127.0.0.1,.internal, api.example.com:8443,::1"},
        {"no_proxy": "*"},
        {"HTTPS_PROXY": "http://proxy:3128", "ALL_PROXY": "http://proxy:3128"},
        {"AWS_USE_FIPS_ENDPOINT": "false"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"SSL_CERT_DIR": "/"},
    ],
)
def test_what_is_well_is_not_mentioned(environ: dict[str, str]) -> None:
    """No false alarm."""
    assert found(**environ) == {}


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"NO_PROXY": "10.0.0.0/8"}, Status.WARNING),
        ({"no_proxy": "localhost,*.internal"}, Status.WARNING),
        ({"NO_PROXY": "http://store"}, Status.WARNING),
        ({"NO_PROXY": "one two"}, Status.WARNING),
        ({"ALL_PROXY": "http://proxy:3128"}, Status.WARNING),
        ({"AWS_ENDPOINT_URL_S3": "http://store"}, Status.WARNING),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, Status.WARNING),
        ({"AWS_USE_DUALSTACK_ENDPOINT": "True"}, Status.WARNING),
        ({"FORWARDED_ALLOW_IPS": "*"}, Status.WARNING),
        ({"SCRIPT_NAME": "/api"}, Status.WARNING),
        ({"SSL_CERT_DIR": "/not/there"}, Status.WARNING),
        ({"PROMETHEUS_MULTIPROC_DIR": "/dev/null/metrics"}, Status.FAULT),
        ({"GUNICORN_CMD_ARGS": "--threads 4"}, Status.WARNING),
        ({"GUNICORN_CMD_ARGS": "--threads many"}, Status.FAULT),
        ({"GUNICORN_CMD_ARGS": "--no-such-option"}, Status.FAULT),
        ({"GUNICORN_CMD_ARGS": "'"}, Status.FAULT),
    ],
)
def test_what_is_followed_silently_is_said(environ: dict[str, str], status: Status) -> None:
    """With why it matters and what to do."""
    [name] = environ
    assert found(**environ) == {name.upper(): status}


def test_who_is_asked_instead_of_aws_has_to_be_there(somebody: str) -> None:
    """A stand-in that was left in the environment, and one that has ended."""
    assert found(AWS_ENDPOINT_URL=somebody) == {"AWS_ENDPOINT_URL": Status.WARNING}
    assert found(AWS_ENDPOINT_URL_SQS=somebody) == {}
    nobody = f"http://127.0.0.1:{free_port()}"
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"):
        assert found(**{name: nobody}) == {name: Status.FAULT}


def test_t37_a_log_of_tls_keys_is_pointed_out(tmp_path: Path) -> None:
    """T37: whoever reads it reads tokens."""
    assert found(SSLKEYLOGFILE=str(tmp_path / "keys")) == {"SSLKEYLOGFILE": Status.WARNING}


def settings_of(**changes: str) -> Settings:
    given = {
        "COGNITO_USER_POOL_ID": "eu-west-1_Pool00000",
        "COGNITO_CLIENT_ID": "client",
        "AWS_REGION": "eu-west-1",
        "S3_BUCKET_NAME": "bucket",
        "SECRET_KEY": "k" * 16 + "0123456789abcdef",
        "PUBLIC_BASE_URL": "https://api.example.com",
        **changes,
    }
    return Settings.from_env(given)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_each_kind_of_front_end_is_known_by_its_prefix(prefix: str) -> None:
    """Next.js, Vite and the others: what is missing is named as they take it."""
    ours = {
        f"{prefix}COGNITO_USER_POOL_ID": "eu-west-1_Pool00000",
        f"{prefix}COGNITO_CLIENT_ID": "client",
        f"{prefix}AWS_REGION": "eu-west-1",
        f"{prefix}API_URL": "https://api.example.com/",
    }
    rows = [*frontend_results(settings_of(), ours)]
    assert {row.status for row in rows} == {Status.OK}
    assert len(rows) == 5
    for name in ours:
        less = {each: value for each, value in ours.items() if each != name}
        # Without the prefix no build takes it.
        less[name.removeprefix(prefix)] = ours[name]
        [fault] = [
            row for row in frontend_results(settings_of(), less) if row.status is Status.FAULT
        ]
        assert fault.id == f"frontend.{name}"
        assert "alone is not built in" in fault.found
        assert PREFIXES[prefix] in fault.fix
    leaking = {**ours, f"{prefix}NOTE": settings_of().secret_key}
    [leak] = [row for row in frontend_results(settings_of(), leaking) if row.status is Status.FAULT]
    assert leak.found == f"{prefix}NOTE"


def test_a_front_end_that_still_asks_the_stand_in_is_found() -> None:
    """What `make dev` printed has gone along into production."""
    given = {
        "VITE_COGNITO_USER_POOL_ID": "eu-west-1_Pool00000",
        "VITE_COGNITO_CLIENT_ID": "client",
        "VITE_AWS_REGION": "eu-west-1",
        "VITE_API_URL": "https://api.example.com",
        "VITE_COGNITO_ENDPOINT": "http://127.0.0.1:9000",
    }
    rows = {row.id: row.status for row in frontend_results(settings_of(), given)}
    assert rows.pop("frontend.VITE_COGNITO_ENDPOINT") is Status.FAULT
    assert set(rows.values()) == {Status.OK}
    local = settings_of(COGNITO_ENDPOINT="http://127.0.0.1:9000")
    assert {row.status for row in frontend_results(local, given)} == {Status.OK}


def test_an_empty_profile_is_not_taken_for_one() -> None:
    """Of a script whose variable is not set: settings would be read by nobody."""
    done = CliRunner().invoke(doctor, ["--profile", ""])
    assert done.exit_code == 2
    assert "--profile" in done.output
