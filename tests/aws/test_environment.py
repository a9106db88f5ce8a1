"""boto3's variables: what we refuse is what botocore fails with, and nothing that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as VARIABLES
from botocore.session import Session

from app import services
from app.aws.clients import LazyClient
from app.aws.environment import FILES, NUMBERS, PROFILES, URLS, WORDS, environment_faults
from app.domain.errors import StorageUnavailable
from app.signing.credentials import default_chain
from config import Settings, SettingsError
from tests.gateway import gateway_environment
from tests.stores.store import Store

NOWHERE = Store("nowhere", "http://127.0.0.1:9", "eu-central-1", "key", "secret", frozenset())
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/uploads"
#: botocore takes anything, or what it does not take has no effect here.
HARMLESS = {
    *("AWS_AUTH_SCHEME_PREFERENCE", "AWS_CA_BUNDLE", "AWS_CSM_CLIENT_ID", "AWS_CSM_ENABLED"),
    *("AWS_CONFIG_FILE", "AWS_CSM_HOST", "AWS_DATA_PATH", "AWS_DEFAULT_REGION"),
    *("AWS_DISABLE_HOST_PREFIX_INJECTION", "AWS_DISABLE_REQUEST_COMPRESSION"),
    *("AWS_EC2_METADATA_V1_DISABLED", "AWS_ENDPOINT_DISCOVERY_ENABLED", "AWS_IMDS_USE_IPV6"),
    *("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"),
    *("AWS_SDK_UA_APP_ID", "AWS_SHARED_CREDENTIALS_FILE", "AWS_SIGV4A_SIGNING_REGION_SET"),
    *("AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT", "BOTOCORE_TCP_KEEPALIVE"),
}
FAULTY = [
    *((name, "sometimes") for name in WORDS),
    ("AWS_RETRY_MODE", "STANDARD"),
    *((name, "many") for name in NUMBERS),
    *((name, "nowhere:4566") for name in (*URLS, "AWS_ENDPOINT_URL_SQS")),
    *((name, "/not/there") for name in FILES),
    *((name, "nobodys") for name in PROFILES),
    *((name, "") for name in PROFILES),
    ("AWS_METADATA_SERVICE_TIMEOUT", ""),
    ("AWS_METADATA_SERVICE_TIMEOUT", "0"),
    ("AWS_CONFIG_FILE", "garbled"),
    ("AWS_SHARED_CREDENTIALS_FILE", "garbled"),
]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Neither this machine's variables nor its profiles; no metadata service."""
    for name in (
        *WORDS,
        *NUMBERS,
        *URLS,
        *FILES,
        *PROFILES,
        *("AWS_ROLE_ARN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9")
    yield


def set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str) -> None:
    if value == "garbled":
        (tmp_path / "garbled").write_text("no = section\n")
        value = str(tmp_path / "garbled")
    monkeypatch.setenv(name, value)
    # With what makes it count.
    if name == "AWS_WEB_IDENTITY_TOKEN_FILE":
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/gateway")
    if name == "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE":
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/")
    if name == "AWS_CSM_PORT":
        monkeypatch.setenv("AWS_CSM_ENABLED", "true")


def ask_botocore() -> None:
    """Find credentials, renew those of a role, and make clients, as botocore does by itself."""
    session = Session()
    if found := session.get_credentials():
        found.get_frozen_credentials()
    session.create_client(
        "sqs",
        region_name="eu-west-1",
        aws_access_key_id="id",
        aws_secret_access_key="secret",
    ).close()


@pytest.mark.parametrize(("name", "value"), FAULTY)
def test_what_is_refused_fails_in_botocore(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """Nothing is refused that would have worked; and what fails is no crash of ours."""
    set_up(monkeypatch, tmp_path, name, value)
    assert set(environment_faults()) == {name}
    with pytest.raises(Exception, match=r"\S"):
        ask_botocore()
    with pytest.raises(StorageUnavailable):
        default_chain()()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, words[-1]) for name, words in WORDS.items()),
        ("AWS_DEFAULTS_MODE", "Legacy"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"),
        *((name, "3") for name in NUMBERS if name != "AWS_CSM_PORT"),
        ("AWS_ENDPOINT_URL", "http://localhost:4566"),
        ("AWS_PROFILE", "mine"),
        ("AWS_PROFILE", "my own"),
        ("AWS_PROFILE", "key"),
        ("AWS_PROFILE", "default"),
    ],
)
def test_what_botocore_takes_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """Profiles of either file, with and without spaces; words in any case that it takes."""
    (tmp_path / "config").write_text(
        "[default]\nregion = eu-west-1\n[profile mine]\n[profile 'my own']\n[mine-not]\n"
    )
    (tmp_path / "credentials").write_text(
        "[key]\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    set_up(monkeypatch, tmp_path, name, value)
    assert environment_faults() == {}
    if "MODE" in name and "METADATA" in name:
        return  # there is none to ask here, and asking takes seconds
    ask_botocore()


@pytest.mark.parametrize(
    "given",
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE"],
)
def test_half_of_a_pair_is_named(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """botocore would not go on to the machine's role."""
    monkeypatch.setenv(given, __file__)
    [(name, fault)] = environment_faults().items()
    assert name == given
    assert "AWS_" in fault


def test_every_variable_of_botocores_was_looked_at() -> None:
    """A new version's new ones are named here."""
    names: set[str] = set()
    for _, env, *_ in VARIABLES.values():
        names |= {env} if isinstance(env, str) else set(env or ())
    ours = {*WORDS, *NUMBERS, *URLS, *FILES, *PROFILES}
    assert names - ours == HARMLESS


def test_it_is_said_at_start_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With static keys and no queue boto3 is never asked; a .env that is shared may hold these."""
    monkeypatch.setenv("AWS_PROFILE", "nobodys")
    monkeypatch.setenv("AWS_RETRY_MODE", "sometimes")
    environment = gateway_environment(NOWHERE, "bucket")
    services.build(Settings.from_env(environment))
    with pytest.raises(SettingsError) as caught:
        services.build(Settings.from_env({**environment, "EVENTS_QUEUE_URL": QUEUE}))
    assert set(caught.value.faults) == {"AWS_PROFILE", "AWS_RETRY_MODE"}
    assert "nobodys" not in str(caught.value)


def test_a_client_that_cannot_be_made_is_an_error_of_botocores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who calls AWS waits for those alone."""
    from botocore.exceptions import BotoCoreError

    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere:4566")
    with pytest.raises(BotoCoreError):
        LazyClient("sqs", "eu-west-1").get()
