"""Whatever the environment holds, the doctor says what the server would say, and never breaks."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app import services
from app.aws.environment import environment_faults
from app.cli.doctor.environment import environment_results
from app.cli.doctor.reading import read_environment
from config import SCHEMA, Settings, SettingsError
from tests.cli.patient import Patient
from tests.test_config import GOOD

PEM = "-----BEGIN PRIVATE KEY-----"
#: What people paste, and what parsers disagree about.
ODD = (
    *(" ", "x", "é", "🙂", "a" * 5000, "-1", "0", "9" * 24, "1e5", "NaN", "²", "true", "'x'"),
    *('"', ",", "a,b,,c", "a\nb", "\x7f", "\u2028", "[", "[::1", "..", "A_b", "x" * 64, "1.2.3.4"),
    *("http://", "http://[", "http://[::1]:99999", "http://x:y", "https://a b", "ftp://x"),
    *("http://é.example", "https://xn--a", "http://127.0.0.1:1/%zz?x#y", "https://*.example.com"),
    *("https://user:pass@127.0.0.1:1/", "http://127.0.0.1:1", "http://127.0.0.1:65536"),
    *("redis://127.0.0.1:1/99999999999", "redis://:p%zz@127.0.0.1:1", "redis+cluster://"),
    *("redis+sentinel://127.0.0.1:1", "rediss://127.0.0.1:1?ssl_cert_reqs=x", "unix://"),
    *("us-east-1", "us-east-1_", "eu-west-1_AbC", "cn-north-1", "mars-1", "arn:", "::::"),
    *("arn:aws:iam::123456789012:role/x", "whsec_", "whsec_!!", f"{PEM}\\nMIG", PEM),
    *("10/second", "0/hour", "1/", "asset.created", "asset.nope", "virtual", "id", "sha1"),
    *("https://sqs.us-east-1.amazonaws.com/", "https://b.s3.amazonaws.com", "/not/there"),
)
FAMILIES = {"QUOTA_BYTES_BY_GROUP", "WEBHOOK_URLS", "WEBHOOK_SECRETS", "WEBHOOK_TYPES_BY_NAME"}
NAMES = (
    *sorted(SCHEMA.fields.keys() - FAMILIES),
    *("QUOTA_BYTES_", "QUOTA_BYTES_É", "QUOTA_BYTES_A", "WEBHOOK_URL_", "WEBHOOK_URL_A"),
    *("WEBHOOK_SECRET_A", "WEBHOOK_TYPES_A", "WEBHOOK_URL_a b", "S3_BUKET", "SSLKEYLOGFILE"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY", "AWS_CA_BUNDLE", "SSL_CERT_FILE"),
    *("AWS_PROFILE", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_CONFIG_FILE", "AWS_ROLE_ARN"),
    *("GUNICORN_CMD_ARGS", "PROMETHEUS_MULTIPROC_DIR", "AWS_USE_FIPS_ENDPOINT"),
)
#: As a process may have it: no zero bytes, and nothing that is no UTF-8.
TEXT = st.sampled_from(ODD) | st.text(st.characters(exclude_characters="\0", codec="utf-8"))
CHANGES = st.dictionaries(st.sampled_from(NAMES), TEXT, min_size=1, max_size=5)


@pytest.fixture(autouse=True, scope="module")
def _elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Not in the repository: Python writes a file of the name that SSLKEYLOGFILE has."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path_factory.mktemp("elsewhere"))
        yield


def refused_by_the_server(environ: dict[str, str]) -> bool:
    try:
        services.build(Settings.from_env(environ))
    except SettingsError:
        return True
    return bool(environment_faults())


@settings(deadline=None, max_examples=60)
@given(changes=CHANGES, left_out=st.sets(st.sampled_from(sorted(GOOD)), max_size=2))
@example(changes={"HTTP_PROXY": "²"}, left_out=set())
@example(changes={"SSLKEYLOGFILE": "/not/there"}, left_out=set())
@example(changes={"AWS_PROFILE": ""}, left_out=set())
@example(changes={}, left_out=set(GOOD))
def test_the_doctor_finds_a_fault_where_the_server_does_not_start(
    changes: dict[str, str], left_out: set[str]
) -> None:
    """And only there; each variable is one line, with what to do."""
    environ = {name: text for name, text in GOOD.items() if name not in left_out} | changes
    with patch.dict(os.environ, environ, clear=True):
        refused = refused_by_the_server(environ)
        read = read_environment(environ)
        rows = [*environment_results(read, environ)]
    assert bool(read.faults) == refused
    assert len({row.id for row in rows}) == len(rows)
    for name in read.faults:
        [row] = [row for row in rows if row.id == f"environment.{name}"]
        assert row.why, row
        assert row.fix, row


_look_up = socket.getaddrinfo


def only_this_machine(host: Any, *rest: Any, **options: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("127.0.0.1", "localhost", "::1", None):
        return _look_up(host, *rest, **options)
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@settings(
    deadline=None,
    max_examples=8,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=CHANGES, options=st.sampled_from([[], ["--read-only"], ["--token", "a.b.c"]]))
def test_no_environment_breaks_the_doctor(
    patient: Patient, changes: dict[str, str], options: list[str]
) -> None:
    """The whole command at a live set-up of which some settings were spoilt: no traceback, and no
    check that fails by itself."""
    with patch("socket.getaddrinfo", only_this_machine):
        done = patient.run("--json", *options, **changes)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    rows = json.loads(done.stdout)["rows"]
    assert not [row for row in rows if "the check itself failed" in row["found"]]
    assert len({row["id"] for row in rows}) == len(rows)
