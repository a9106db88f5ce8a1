"""`flask doctor` and `flask provision` where another provider than Cognito issues tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from app.cli.provision import provision
from tests.auth.providers.authlib_server import AuthlibProvider
from tests.auth.providers.provider import Provider
from tests.auth.tokens import ABSENT
from tests.cli.patient import Patient


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with AuthlibProvider("ES256") as provider:
        yield provider


def settings(provider: Provider) -> dict[str, str]:
    return {**provider.settings(), "COGNITO_ISSUER": "", "COGNITO_ENDPOINT": ""}


def test_another_provider_is_well(patient: Patient, provider: Provider) -> None:
    """Its keys are found by discovery, and no line asks Cognito for anything."""
    rows = patient.rows(**settings(provider))
    assert rows["identity.provider"]["verdict"] == "ok"
    assert "Cognito is not asked" in rows["identity.provider"]["found"]
    assert not {"identity.pool", "identity.client", "identity.region"} & rows.keys()
    assert "fault" not in {row["verdict"] for row in rows.values()}


def test_another_provider_s_faults_are_found(patient: Patient, provider: Provider) -> None:
    """An issuer that the document does not name, one that is not there, keys that are none."""
    well = settings(provider)
    for change in (
        {"OIDC_ISSUER": f"{provider.issuer}/tenant"},
        {"OIDC_ISSUER": "http://127.0.0.1:1"},
        {"OIDC_JWKS_URL": f"{provider.issuer}/.well-known/openid-configuration"},
    ):
        assert "identity.provider" in patient.faults(**well | change)


def test_settings_of_both_are_named_one_by_one(patient: Patient, provider: Provider) -> None:
    """Each of Cognito's settings has its line, and the command ends."""
    faults = patient.faults(OIDC_ISSUER=provider.issuer, OIDC_AUDIENCE="us")
    assert {"environment.COGNITO_USER_POOL_ID", "environment.COGNITO_CLIENT_ID"} <= faults
    lacking = patient.faults(**settings(provider) | {"OIDC_AUDIENCE": ""})
    assert "environment.OIDC_AUDIENCE" in lacking


def test_a_token_of_another_provider_is_explained(patient: Patient, provider: Provider) -> None:
    """Claim by claim, with the setting that mends it."""
    token, ours = provider.token("auth0|alice"), settings(provider)
    assert patient.faults("--token", token, **ours) == set()
    rows = patient.rows("--token", token, **ours)
    assert rows["token.verdict"]["found"].startswith("auth0~7Calice")
    wrong = patient.rows("--token", token, **ours | {"OIDC_AUDIENCE": "https://else"})
    assert wrong["token.aud"]["verdict"] == "fault"
    assert "OIDC_AUDIENCE" in wrong["token.aud"]["mend"]
    entra = provider.forge(token, scope=ABSENT, scp="assets.read", azp=ABSENT, client_id="page")
    shown = patient.rows("--token", entra, **ours)
    assert shown["token.scope"]["found"] == "assets.read"
    assert shown["token.client"]["found"] == "page"
    forged = provider.forge(token, groups={"a": 1})
    assert patient.faults("--token", forged, **ours) == {"token.groups", "token.verdict"}


def test_provision_says_that_its_pool_is_not_used() -> None:
    """Before anything is asked of AWS."""
    asked = ["--region", "eu-central-1", "--rotate-key", "--retire-key"]
    done = CliRunner().invoke(provision, asked, env={"OIDC_ISSUER": "https://id.example.com"})
    assert "leave the COGNITO_ lines out" in done.output
