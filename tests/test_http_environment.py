"""What the environment says of proxies and certificate authorities."""

from __future__ import annotations

import pytest

from app import http_environment
from app.services import build
from config import Settings, SettingsError
from tests.gateway import gateway_environment
from tests.stores.store import Store

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
BUNDLES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *(each.lower() for each in VARIABLES), *BUNDLES):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        ("https://s3.eu-central-1.amazonaws.com/", "amazonaws.com", True),
        ("https://s3.eu-central-1.amazonaws.com/", ".amazonaws.com", True),
        ("https://s3.eu-central-1.amazonaws.com/", "AmazonAWS.com", True),
        ("https://s3.eu-central-1.amazonaws.com/", "aws.com", False),
        ("https://store.internal:9000/", "store.internal:9000", True),
        ("https://store.internal:9000/", "store.internal:9001", False),
        ("https://store.internal:9000/", " store.internal , x", True),
        ("https://10.0.0.7/", "10.0.0.7", True),
        ("https://10.0.0.7/", "10.0.0.8", False),
        ("https://anything/", "*", True),
        ("https://anything/", "", False),
    ],
)
def test_no_proxy_names_hosts_and_what_ends_in_them(
    url: str, no_proxy: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the standard library and boto3 read it."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert http_environment.proxy_for(url) == (None if direct else "http://proxy:3128")


def test_a_proxy_without_a_scheme_is_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """`proxy:3128`, as boto3 takes it; and each scheme has a proxy of its own."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    assert http_environment.proxy_for("https://x/") == "http://proxy:3128"
    assert http_environment.proxy_for("http://x/") is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "socks5://user:sesame@proxy:1080"),
        ("HTTP_PROXY", "http://user:sesame@:3128"),
        ("HTTP_PROXY", "http://proxy:sesame"),
        ("HTTP_PROXY", "http://sesame proxy"),
        ("HTTPS_PROXY", "http://\u00b2sesame"),
        ("SSLKEYLOGFILE", "/nowhere/sesame"),
        ("AWS_CA_BUNDLE", "/nowhere/sesame.pem"),
        ("REQUESTS_CA_BUNDLE", __file__),
        ("SSL_CERT_FILE", "/nowhere/sesame.pem"),
    ],
)
def test_what_can_never_work_is_refused_at_start_by_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, and its value, which may hold a password, is not."""
    monkeypatch.setenv(name, value)
    store = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "k", "s", frozenset())
    settings = Settings.from_env(gateway_environment(store, "bucket"))
    with pytest.raises(SettingsError) as caught:
        build(settings)
    assert [*caught.value.faults] == [name]
    assert "sesame" not in str(caught.value)
