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
    "SECRET_KEY": "a secret that only the tests know",
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
        ("SECRET_KEY", "k" * 64),
        ("SECRET_KEY", "abcabcabc" * 8),
        ("SECRET_KEY_FALLBACKS", "short"),
        ("SECRET_KEY_FALLBACKS", f"{'s' * 40},{'0123456789abcdef' * 3}"),
        ("METRICS_TOKEN", "only15character"),
        ("METRICS_TOKEN", "sixteen and more characters"),
        ("COGNITO_CLIENT_ID", "one two"),
        ("COGNITO_CLIENT_ID", "one, t'wo"),
        ("COGNITO_USER_POOL_ID", "eu-central-1 _Testing01"),
        ("COGNITO_REQUIRED_SCOPES", "assets/read,assets/write"),
        ("COGNITO_REQUIRED_SCOPES", "assets/read ässets/write"),
        ("COGNITO_AUDIENCE", "https://api one"),
        ("COGNITO_REPLICA_REGIONS", "eu-west-1,Ireland"),
        ("SERVICE_SCOPE", "assets/act assets/read"),
        ("ADMIN_GROUP", "the admins"),
        ("AWS_REGION", "eu-west-1"),
        ("EVENTS_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/uploads"),
        ("SHARE_PAGE_URL", "app.example.com/share"),
        ("SHARE_PAGE_URL", "https://app.example.com/share#"),
        ("SHARE_PAGE_URL", "https://app.example.com/share#token="),
        ("SHARE_PAGE_URL", "javascript:alert(1)"),
        ("CORS_ORIGINS", "https://a.example:443"),
        ("CORS_ORIGINS", "http://a.example:80"),
        ("CORS_ORIGINS", "https://a.example:65536"),
        ("CORS_ORIGINS", "https://A.example"),
        ("CORS_ORIGINS", "file://localhost"),
        ("CORS_ORIGINS", "capacitor://localhost/"),
        ("CORS_ORIGINS", "capacitor://*"),
        ("CORS_ORIGINS", "capacitor:"),
        ("S3_BUCKET_NAME", "media--euc1-az1--x-s3"),
        ("S3_BUCKET_NAME", "alias--euc1-az1--xa-s3"),
        ("S3_BUCKET_NAME", "media--table-s3"),
        ("S3_BUCKET_NAME", "two..dots"),
        ("S3_BUCKET_NAME", "mfzwi23gnjvgw.mrap"),
        ("S3_UPLOAD_ROLE_ARN", "uploads"),
        ("S3_UPLOAD_ROLE_ARN", "arn:aws:iam::123456789012:user/uploads"),
        ("S3_UPLOAD_ROLE_ARN", "arn:aws:iam:::role/uploads"),
        ("S3_UPLOAD_ROLE_ARN", "arn:aws-cn:iam::123456789012:role/uploads"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("CORS_ORIGINS", "https://*.example"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "https://a.example/"),
        ("S3_ENDPOINT", "ftp://store"),
        ("COGNITO_TOKEN_USE", "refresh"),
        ("LINK_TTL_SECONDS", "0"),
        ("LINK_TTL_SECONDS", "604801"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "1_0"),
        ("TRUSTED_PROXIES", "\uff11"),
        ("LINK_TTL_SECONDS", "6e1"),
        ("PORT", "+8000"),
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
        ("S3_ENDPOINT", "https://one.example,https://two.example"),
        ("S3_PUBLIC_ENDPOINT", "https://key:secret@store.example"),
        ("STS_ENDPOINT", "https://*.example.com"),
        ("COGNITO_ISSUER", "https://user@issuer.example"),
        ("COGNITO_JWKS_URL", "https://keys.example:0/jwks.json"),
        ("PUBLIC_BASE_URL", "https://<your-domain>"),
        ("PUBLIC_BASE_URL", "https://${DOMAIN}"),
        ("SHARE_PAGE_URL", "https://user:password@app.example.com/share"),
        ("EVENTS_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com,https://b/1/uploads"),
        ("SENTRY_DSN", "https://example.com/"),
        ("QUOTA_BYTES", "-1"),
        ("QUOTA_BYTES_STUDIO", "much"),
    ],
)
def test_bad_values_are_refused_by_name(name: str, value: str) -> None:
    """T29, T38: among them lifetimes that S3 does not take, and origins that are not exact."""
    assert list(faults(**{name: value})) == [name]


@pytest.mark.parametrize("quotes", ['""', "''", "\u201c\u201d"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *GOOD.items(),
        ("S3_ENDPOINT", "https://store.example"),
        ("CORS_ORIGINS", "https://a.example"),
        ("METRICS_TOKEN", "m1n2b3v4c5x6z7l8"),
        ("REDIS_URL", "redis://cache"),
        ("LOG_LEVEL", "INFO"),
        ("PORT", "8000"),
        ("QUOTA_BYTES_STUDIO", "1"),
        ("ADMIN_GROUP", "admins"),
    ],
)
def test_c37_quotes_around_a_value_are_named(name: str, value: str, quotes: str) -> None:
    """C37: Docker's env files and dashboards keep a shell's quotes as a part of the value."""
    assert faults(**{name: f"{quotes[0]}{value}{quotes[1]}"}) == {
        name: "has quotes around its value; take them off"
    }


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u202e", "\u00ad", "\x7f"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, text) for name, text in GOOD.items() if name != "SECRET_KEY"),
        ("COGNITO_REQUIRED_SCOPES", "assets/write"),
        ("COGNITO_AUDIENCE", "https://api.example"),
        ("ADMIN_GROUP", "admins"),
        ("SERVICE_SCOPE", "assets/act"),
        ("S3_ENDPOINT", "https://store.example"),
        ("RATE_LIMIT", "600/minute"),
        ("QUOTA_BYTES_STUDIO", "1"),
    ],
)
def test_what_a_copy_adds_unseen_is_named(name: str, value: str, unseen: str) -> None:
    """Web pages and chats put characters without a shape into what is copied from them: such a
    group has no members, and such a scope or audience is in no token."""
    for changed in (f"{unseen}{value}", f"{value}{unseen}"):
        assert faults(**{name: changed}) == {
            name: "holds a character that cannot be seen; type it anew"
        }


@pytest.mark.parametrize(
    "key", ['"AKIDEXAMPLE', "AKID EXAMPLE", "AKIDEXAMPLE'", "AKID\u00a0EXAMPLE"]
)
def test_c37_keys_with_blanks_or_quotes_are_refused(key: str) -> None:
    """C37: an access key, its secret and its token as they come out of a bad copy."""
    whole = {"S3_ACCESS_KEY_ID": "AKID", "S3_SECRET_ACCESS_KEY": "a/b+c=", "S3_SESSION_TOKEN": "t="}
    assert Settings.from_env(GOOD | whole).s3_secret_access_key == "a/b+c="
    for name in whole:
        assert list(faults(**{**whole, name: key})) == [name]


def test_a_slash_at_the_end_of_an_address_is_forgiven() -> None:
    """Tokens name the issuer without one, and paths are put behind addresses."""
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Testing01"
    slashed = {"S3_ENDPOINT": "https://store.example/", "PUBLIC_BASE_URL": "https://a.example//"}
    settings = Settings.from_env(GOOD | slashed | {"COGNITO_ISSUER": f"{issuer}/"})
    assert settings.cognito_issuer == issuer
    assert settings.cognito_jwks_url == f"{issuer}/.well-known/jwks.json"
    assert (settings.s3_endpoint, settings.public_base_url) == (
        "https://store.example",
        "https://a.example",
    )


def test_id_tokens_cannot_have_scopes() -> None:
    """Every token would be refused: Cognito's ID tokens carry none."""
    changes = {"COGNITO_TOKEN_USE": "id", "COGNITO_REQUIRED_SCOPES": "assets/write"}
    assert list(faults(**changes)) == ["COGNITO_REQUIRED_SCOPES"]
    back_ends = {"COGNITO_TOKEN_USE": "id", "SERVICE_SCOPE": "assets/act"}
    assert list(faults(**back_ends)) == ["SERVICE_SCOPE"]
    Settings.from_env(GOOD | changes | {"COGNITO_TOKEN_USE": "any"})


def test_a_pool_elsewhere_needs_its_issuer_said() -> None:
    """The queue may be in another region than the pool; then the issuer is not worked out."""
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Testing01"
    Settings.from_env(GOOD | {"AWS_REGION": "eu-west-1", "COGNITO_ISSUER": issuer})


@pytest.mark.parametrize(
    "url",
    ["https://sqs.eu-central-1.amazonaws.com/1/uploads.fifo", "http://127.0.0.1:9324/1/a.fifo/"],
)
def test_c31_fifo_queues_are_refused(url: str) -> None:
    """C31: S3 sends them no events, and SQS refuses messages without a group."""
    assert "FIFO" in faults(EVENTS_QUEUE_URL=url)["EVENTS_QUEUE_URL"]


@pytest.mark.parametrize(
    "origin",
    [
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "http://tauri.localhost",
        "https://localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://1a2b3c4d-0000-4000-8000-abcdefabcdef",
        "app://my.app",
        "http://[::1]:3000",
        "https://a.example:8443",
    ],
)
def test_c25_origins_of_app_shells_are_taken(origin: str) -> None:
    """C25: what Capacitor, Ionic, Tauri, Electron and extensions send as Origin."""
    assert Settings.from_env(GOOD | {"CORS_ORIGINS": origin}).cors_origins == (origin,)


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam:::role/uploads",
        "arn:aws:iam::a_tenant:role/uploads",
        "arn:aws:iam::RGW12345678901234567:role/team/uploads",
        "arn:aws:iam::role/uploads",
        "arn:minio:iam:::role/nOybJqMNzNmroqEKq5D0EUsRZw0",
        "arn:aws:iam::123456789012:role/uploads",
    ],
)
def test_c38_roles_of_other_stores_are_taken(arn: str) -> None:
    """C38: with an STS of their own; AWS's names an account."""
    changes = {"S3_UPLOAD_ROLE_ARN": arn, "STS_ENDPOINT": "https://store.example"}
    assert Settings.from_env(GOOD | changes).s3_upload_role_arn == arn


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("eusc-de-east-1", "amazonaws.eu"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("us-gov-west-1", "amazonaws.com"),
    ],
)
def test_c35_the_issuer_is_the_partitions(region: str, suffix: str) -> None:
    """C35: hosts end otherwise in the sovereign cloud and in China."""
    settings = Settings.from_env(
        GOOD | {"AWS_REGION": region, "COGNITO_USER_POOL_ID": f"{region}_Testing01"}
    )
    assert settings.cognito_issuer == f"https://cognito-idp.{region}.{suffix}/{region}_Testing01"


def test_half_a_key_pair_is_refused() -> None:
    """A key without its secret is named, rather than falling back to other credentials."""
    assert "S3_SECRET_ACCESS_KEY" in faults(S3_ACCESS_KEY_ID="AK")
    assert "S3_ACCESS_KEY_ID" in faults(S3_SECRET_ACCESS_KEY="secret")


def test_t37_no_secret_is_shown() -> None:
    """T37: neither the settings' repr nor a fault shows a secret."""
    secret = "open-sesame-" * 4
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


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CRM = {"WEBHOOK_URL_CRM": "https://crm.example/hook", "WEBHOOK_SECRET_CRM": SECRET}


def test_each_further_receiver_of_webhooks_is_named() -> None:
    """With address, secret and types of its own, beside WEBHOOK_URL or without it."""
    settings = Settings.from_env(GOOD | CRM | {"WEBHOOK_TYPES_CRM": "asset.deleted, asset.created"})
    assert settings.webhook_urls == {"CRM": "https://crm.example/hook"}
    assert settings.webhook_secrets == {"CRM": SECRET}
    assert settings.webhook_types_by_name == {"CRM": ("asset.deleted", "asset.created")}
    assert (settings.webhook_url, settings.webhook_types) == ("", ())
    assert SECRET not in repr(settings) and "crm.example" not in repr(settings)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"WEBHOOK_SECRET_CRM": ""}, "WEBHOOK_SECRET_CRM"),
        ({"WEBHOOK_URL_CRM": ""}, "WEBHOOK_URL_CRM"),
        ({"WEBHOOK_TYPES_ERP": "asset.created"}, "WEBHOOK_URL_ERP"),
        ({"WEBHOOK_TYPES": "asset.created"}, "WEBHOOK_URL"),
        ({"WEBHOOK_TYPES_CRM": "asset.moved"}, "WEBHOOK_TYPES_CRM"),
        ({"WEBHOOK_TYPES_CRM": "test"}, "WEBHOOK_TYPES_CRM"),
        ({"WEBHOOK_SECRET_CRM": "short"}, "WEBHOOK_SECRET_CRM"),
        ({"WEBHOOK_URL_CRM": "crm.example"}, "WEBHOOK_URL_CRM"),
        (
            {"WEBHOOK_URL_DEFAULT": "https://x.example", "WEBHOOK_SECRET_DEFAULT": SECRET},
            "WEBHOOK_URL_DEFAULT",
        ),
        ({"WEBHOOK_URL_a-b": "https://x.example", "WEBHOOK_SECRET_a-b": SECRET}, "WEBHOOK_URL_a-b"),
    ],
)
def test_a_receiver_that_is_half_set_stops_the_start(changes: dict[str, str], fault: str) -> None:
    """The fault names the variable to change, and no other."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(GOOD | CRM | changes)
    assert list(caught.value.faults) == [fault]


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


@pytest.mark.parametrize(
    ("page", "fits"),
    [
        ("https://app.example.com/share", True),
        ("https://app.example.com:443/share?from=link", True),
        ("http://localhost:3000/share.html", True),
        ("https://api.example.com/share", True),
        ("https://app.example.com.evil.example/", False),
        ("http://app.example.com/share", False),
        ("http://localhost/share.html", False),
    ],
)
def test_the_page_of_shares_may_read_them(page: str, fits: bool) -> None:
    """Its origin is one that CORS lets read, or the gateway's own; without CORS it is not known."""
    origins = {"CORS_ORIGINS": "https://app.example.com,http://localhost:3000"}
    own = {"PUBLIC_BASE_URL": "https://api.example.com/"}
    environment = GOOD | {"SHARE_PAGE_URL": page}
    assert Settings.from_env(environment).share_page_url == page
    if fits:
        Settings.from_env(environment | origins | own)
    else:
        with pytest.raises(SettingsError) as caught:
            Settings.from_env(environment | origins | own)
        assert set(caught.value.faults) == {"SHARE_PAGE_URL"}
