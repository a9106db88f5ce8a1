"""Settings are read whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app import create_app
from config import Settings, SettingsError

GOOD = {
    "COGNITO_USER_POOL_ID": "eu-central-1_Testing01",
    "COGNITO_CLIENT_ID": "one, two",
    "AWS_REGION": "eu-central-1",
    "S3_BUCKET_NAME": "a-bucket",
    "SECRET_KEY": "k" * 32,
}


def faults(**changes: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(GOOD | changes)
    return caught.value.faults


def test_defaults_follow_from_what_is_given() -> None:
    """Region, issuer and JWKS address are worked out; role credentials are the default."""
    settings = Settings.from_env(GOOD)
    assert settings.cognito_client_id == ("one", "two")
    assert settings.s3_region == "eu-central-1"
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Testing01"
    assert settings.cognito_issuer == issuer
    assert settings.cognito_jwks_url == f"{issuer}/.well-known/jwks.json"
    assert settings.s3_access_key_id == ""


def test_all_faults_are_reported_at_once_by_name() -> None:
    """An empty environment names everything that is required."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"PORT": "x", "CORS_ORIGINS": "*"})
    assert set(caught.value.faults) == set(GOOD) | {"PORT", "CORS_ORIGINS"}
    for name in caught.value.faults:
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", ""),
        ("SECRET_KEY_FALLBACKS", "short"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("CORS_ORIGINS", "https://*.example"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "https://a.example/"),
        ("S3_ENDPOINT", "ftp://store"),
        ("COGNITO_TOKEN_USE", "refresh"),
        ("LINK_TTL_SECONDS", "0"),
        ("LINK_TTL_SECONDS", "604801"),
        ("TRUSTED_PROXIES", "-1"),
        ("S3_ACCELERATE", "maybe"),
        ("S3_BUCKET_NAME", "A"),
        ("RATE_LIMIT", "often"),
        ("RATE_LIMIT", "1/minute;2/hour"),
        ("REDIS_URL", "http://cache"),
        ("REDIS_URL", "redis://cache:abc/0"),
        ("REDIS_URL", "redis://cache:6379/0?family=0"),
        ("WEBHOOK_URL", "https://h:99999/x"),
        ("WEBHOOK_URL", "https://h:abc/x"),
        ("WEBHOOK_URL", "https://[::1/x"),
        ("WEBHOOK_URL", "http://日本.example/h"),
        ("WEBHOOK_URL", f"http://{'a' * 64}.example/h"),
        ("S3_ENDPOINT", "http://[::1"),
        ("S3_ENDPOINT", "http://store/?a=b"),
        ("SENTRY_DSN", "https://example.com/"),
        ("QUOTA_BYTES", "-1"),
        ("QUOTA_BYTES_STUDIO", "much"),
    ],
)
def test_bad_values_are_refused_by_name(name: str, value: str) -> None:
    """T29, T38: among them lifetimes that S3 does not take, and origins that are not exact."""
    assert list(faults(**{name: value})) == [name]


def test_half_a_key_pair_is_refused() -> None:
    """A key without its secret is named, rather than falling back to other credentials."""
    assert "S3_SECRET_ACCESS_KEY" in faults(S3_ACCESS_KEY_ID="AK")
    assert "S3_ACCESS_KEY_ID" in faults(S3_SECRET_ACCESS_KEY="secret")


def test_t37_no_secret_is_shown() -> None:
    """T37: neither the settings' repr nor a fault shows a secret."""
    secret = "sesame-" * 6
    shown = repr(Settings.from_env(GOOD | {"SECRET_KEY": secret, "METRICS_TOKEN": secret}))
    assert "sesame" not in shown
    assert "sesame" not in str(faults(SECRET_KEY="sesame"))


def test_the_server_refuses_to_start_without_settings(tmp_path: Path) -> None:
    """A faulty environment ends the process with a non-zero status and the names."""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=root,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "SECRET_KEY: is required" in done.stderr


def test_a_family_of_variables_is_one_setting() -> None:
    """QUOTA_BYTES_<GROUP>: by group, beside QUOTA_BYTES, and nothing else is swept up."""
    settings = Settings.from_env(
        GOOD | {"QUOTA_BYTES": "1", "QUOTA_BYTES_STUDIO": "2", "QUOTA_BYTES_BY_GROUP": "3"}
    )
    assert settings.quota_bytes == 1
    assert settings.quota_bytes_by_group == {"STUDIO": 2, "BY_GROUP": 3}
    assert Settings.from_env(GOOD).quota_bytes_by_group == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("S3_ENDPOINT", "http://user@127.0.0.1:9000"),
        ("S3_PUBLIC_ENDPOINT", "https://store.example/a/../b"),
        ("S3_ACCELERATE", "true"),
    ],
)
def test_addresses_that_cannot_work_stop_the_start(name: str, value: str) -> None:
    """An endpoint that no URL can be built on is named like every other fault."""
    with pytest.raises(SettingsError) as caught:
        create_app(Settings.from_env(GOOD | {"S3_BUCKET_NAME": "dots.in.name", name: value}))
    assert list(caught.value.faults) == [name]
