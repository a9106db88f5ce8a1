"""What commands are given, and what they say where AWS cannot be asked."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from click.testing import Result

from app.cli import create_cli_app

NEW = ("--region", "eu-west-1", "--bucket", "media-acme", "--origin", "https://app.acme.com")
COPY = ("copy", "--from", "one", "--from-region", "eu-west-1", "--to", "two", "--to-region")


def run(*arguments: str, **environment: str) -> Result:
    nobody = {"AWS_REGION": "", "EVENTS_QUEUE_URL": "", "AWS_EC2_METADATA_DISABLED": "true"}
    runner = create_cli_app().test_cli_runner()
    done = runner.invoke(args=list(arguments), env={**nobody, **environment})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("provision", "--region", ""), "region like eu-west-1"),
        (("provision", "--region", "us east 1"), "region like eu-west-1"),
        (("provision", *NEW, "--replica-region", ""), "region like eu-west-1"),
        (("provision", *NEW, "--replica-region", "eu-west-1"), "another region"),
        (("provision", *NEW, "--bucket", "UPPER_case"), "a bucket's name"),
        (("provision", *NEW, "--bucket", ""), "a bucket's name"),
        (("provision", *NEW, "--origin", ""), "must not be empty"),
        (("provision", *NEW, "--origin", "*"), "must be exact origins"),
        (("provision", *NEW, "--origin", "https://app.acme.com:443"), "default port"),
        (("provision", *NEW, "--gateway-url", "api.acme.com"), "an http or https address"),
        (("provision", *NEW, "--stack", "a_b"), "letters, digits and hyphens"),
        (("provision", *NEW, "--stack", "a" * 111), "110 at most"),
        (("recover", "export", "--region", "", "--pool", "eu-west-1_a", "x"), "a region like"),
        (("recover", "export", "--region", "eu-west-1", "--pool", "", "x"), "a pool id like"),
        (("recover", *COPY, ""), "a region like"),
        (("recover", *COPY, "eu-west-1", "--from", ""), "a bucket's name"),
        (("recover", "dead-letters", "--region", "eu-west-1", "--queue", "q"), "https address"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(
    arguments: tuple[str, ...], says: str
) -> None:
    """By the settings' own rules, as it would stop the gateway later; an empty variable of a
    script is among it."""
    with patch("boto3.session.Session", side_effect=AssertionError):
        done = run(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr


@pytest.mark.parametrize("arguments", [("provision", *NEW), ("recover", *COPY, "eu-west-1")])
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AWS_ENDPOINT_URL", "sesame", "is http:// or https://, and a host"),
        ("AWS_MAX_ATTEMPTS", "sesame", "is a whole number from 1"),
        ("AWS_PROFILE", "sesame", "names a profile that is in none of"),
        ("AWS_ACCESS_KEY_ID", "sesame", "is nothing without AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_variables_that_aws_cannot_be_asked_with_are_named(
    arguments: tuple[str, ...], name: str, value: str, says: str
) -> None:
    """And no value is shown: it may be a secret in the wrong place."""
    done = run(*arguments, **{"AWS_SECRET_ACCESS_KEY": "", name: value})
    assert done.exit_code == 1
    assert f"{name}: {says}" in done.stderr
    assert "sesame" not in done.output


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NoCredentialsError(), "set AWS_PROFILE, or sign in"),
        (EndpointConnectionError(endpoint_url="https://x"), "is the region right"),
    ],
)
def test_who_cannot_ask_aws_is_told_what_to_do(error: Exception, says: str) -> None:
    """Whom it does not know, and whom it does not hear."""
    with patch("botocore.client.BaseClient._make_api_call", side_effect=error):
        for arguments in (("provision", *NEW), ("recover", *COPY, "eu-west-1")):
            done = run(*arguments)
            assert done.exit_code == 1
            assert says in done.stderr


def test_nothing_is_taken_out_of_deletion_by_an_empty_prefix() -> None:
    """``users/$SUB/`` of a script is no whole bucket when nothing is left of it."""
    where = ("--bucket", "media-acme", "--region", "eu-west-1", "--since", "2026-11-28")
    done = run("recover", "deleted", *where, "--prefix", "")
    assert done.exit_code == 2
    assert "users/ for everybody" in done.stderr


@pytest.mark.parametrize("place", ["/dev/null", "/dev/full"])
def test_no_device_becomes_an_environments_file(place: str) -> None:
    """It is read to its end first, and then replaced."""
    with patch("app.cli.files.write_private", side_effect=AssertionError):
        done = run("provision", *NEW, "--env-file", place)
    assert done.exit_code == 1
    assert f"{place}: is no file" in done.stderr


def test_accounts_of_other_shapes_are_refused(tmp_path: Path) -> None:
    """By their line, before anything is asked."""
    for line in (
        '{"sub": 1, "email": "a@b", "email_verified": true}',
        '{"sub": "a", "email": null, "email_verified": true}',
        '{"sub": "a", "email": "a@b", "email_verified": "true"}',
        '{"sub": "a", "email": "a@b", "email_verified": true, "groups": [1]}',
    ):
        file = tmp_path / "users.jsonl"
        file.write_text(line)
        done = run("recover", "match", str(file), str(file), str(tmp_path / "mapping.csv"))
        assert done.exit_code == 1, line
        assert "line 1: is no account" in done.stderr


def test_a_mapping_that_is_no_csv_is_refused(tmp_path: Path) -> None:
    """Such as a field longer than any ``sub``."""
    file = tmp_path / "mapping.csv"
    file.write_text("old_sub,new_sub\n" + "a" * 200_000 + ",b\n")
    done = run("recover", "folders", str(file))
    assert done.exit_code == 1
    assert "is no CSV" in done.stderr
