"""T01 to T08 and T60 for every kind of provider, and what is peculiar to OpenID Connect.

Cognito stands beside two real providers that are started here, each of which signs by another
algorithm, and the shapes of those that cannot be (Auth0, Okta, Keycloak and others).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64decode
from prometheus_client import REGISTRY

from app.auth.claims import MissingScope
from app.auth.cognito import CognitoRules, pool_issuers
from app.auth.jwks import JwksCache
from app.auth.jws import MAX_TOKEN_CHARS
from app.auth.keyset import ASYMMETRIC, parse_jwks
from app.auth.openid import OpenIdRules
from app.auth.sources import Discovery, PublishedKeys
from app.auth.verifier import TokenVerifier
from app.domain.errors import IdentityUnavailable, InvalidToken
from app.domain.principal import folder_of, is_sub
from config import Settings, SettingsError
from tests.auth.providers.authlib_server import AuthlibProvider
from tests.auth.providers.cognito_pool import CognitoPool
from tests.auth.providers.npm_server import NpmProvider
from tests.auth.providers.provider import AUDIENCE, Provider, fresh_key, raw_signature
from tests.auth.providers.shaped import SHAPES, ShapedProvider
from tests.auth.tokens import ABSENT, Clock, JwksServer, b64url
from tests.gateway import ALICE, NOWHERE, Caller, gateway_environment, running_gateway

KINDS: Mapping[str, Callable[[], AbstractContextManager[Provider]]] = {
    "cognito": lambda: CognitoPool("RS256"),
    "authlib": lambda: AuthlibProvider("ES256"),
    "oidc-provider": lambda: NpmProvider("EdDSA"),
    **{name: partial(ShapedProvider, shape) for name, shape in SHAPES.items()},
}


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS.keys())
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    with request.param() as provider:
        yield provider


@pytest.fixture
def verifier(provider: Provider) -> TokenVerifier:
    return TokenVerifier(JwksCache(provider.source()), provider.rules())


@pytest.fixture
def good(provider: Provider) -> str:
    return provider.token(ALICE)


def refused(verifier: TokenVerifier, token: str) -> bool:
    try:
        verifier.verify_token(token)
    except InvalidToken:
        return True
    return False


def test_tokens_of_the_provider_itself_are_accepted(
    provider: Provider, verifier: TokenVerifier, good: str
) -> None:
    """What the provider's own code issues is taken, and a forged copy of it by its key as well:
    so that what is refused below is refused for what it says alone."""
    assert verifier.verify_token(good).sub == ALICE
    assert verifier.verify_token(provider.forge(good, jti="another")).sub == ALICE


@pytest.mark.parametrize("end", ["x", ".evil.example", "/x", "//"])
def test_t01_other_issuers_are_refused(
    provider: Provider, verifier: TokenVerifier, good: str, end: str
) -> None:
    """T01: an issuer that only starts alike, another one, none."""
    for issuer in (
        provider.issuer + end,
        "https://else.example",
        "",
        None,
        ABSENT,
        [provider.issuer],
    ):
        assert refused(verifier, provider.forge(good, iss=issuer))


def test_t01_good_tokens_of_others_are_refused(
    provider: Provider, verifier: TokenVerifier, good: str
) -> None:
    """T01: what the provider issues to other tenants, realms, clients and APIs, by the same key."""
    assert provider.others()
    for claims in provider.others():
        assert refused(verifier, provider.forge(good, **claims)), claims


@pytest.mark.parametrize("aud", ["https://else.example", ["a", "b"], "", None, {}, [AUDIENCE, 1]])
def test_t01_other_audiences_are_refused(
    provider: Provider, verifier: TokenVerifier, good: str, aud: Any
) -> None:
    """T01: an audience that is not ours, or no name at all."""
    assert refused(verifier, provider.forge(good, aud=aud))


def test_t01_no_audience_at_all(provider: Provider, verifier: TokenVerifier, good: str) -> None:
    """T01: Cognito's access tokens have none; every other provider's must."""
    expected = not isinstance(provider, CognitoPool)
    assert refused(verifier, provider.forge(good, aud=ABSENT)) is expected


def test_t02_forged_signatures_are_refused(
    provider: Provider, verifier: TokenVerifier, good: str
) -> None:
    """T02: none, HMAC with the public key, another key of the same kind, parts that were mixed."""
    head, claims, signature = good.split(".")
    public = json.dumps(provider.public_set()["keys"][0]).encode()
    for algorithm in ("none", "None", "", "HS256", *ASYMMETRIC):
        header = {"alg": algorithm, "kid": provider.key.kid, "typ": "at+jwt"}
        message = f"{b64url(json.dumps(header).encode())}.{claims}"
        mac = hmac.digest(public, message.encode(), hashlib.sha256)
        for forged in (b"", mac, mac * 2, b"\0" * 64, b"\0" * 256):
            assert refused(verifier, f"{message}.{b64url(forged)}")
    stranger = fresh_key(provider.algorithm, provider.key.kid)
    forged = raw_signature(stranger, f"{head}.{claims}".encode())
    assert refused(verifier, f"{head}.{claims}.{b64url(forged)}")
    other = provider.forge(good, sub="mallory")
    assert refused(verifier, f"{head}.{other.split('.')[1]}.{signature}")


def test_t02_t60_algorithms_are_bound_to_the_key(
    provider: Provider, verifier: TokenVerifier, good: str
) -> None:
    """T02, T60: a good signature by the key, under the name of any other algorithm."""
    named = {"EdDSA", "Ed25519"} if provider.algorithm == "EdDSA" else {provider.algorithm}
    for algorithm in ("RS256", "RS512", "PS256", "ES256", "ES384", "ES256K", "EdDSA", "Ed25519"):
        token = provider.forge(good, {"alg": algorithm})
        assert refused(verifier, token) is (algorithm not in named), algorithm


@pytest.mark.parametrize(
    "header",
    [
        {"kid": ABSENT},
        {"kid": ""},
        {"kid": "k" * 129},
        {"jku": "https://evil.example"},
        {"x5u": "https://evil.example"},
        {"jwk": {}},
        {"x5c": []},
        {"crit": ["exp"]},
        {"b64": False},
        {"typ": "logout+jwt"},
        {"typ": "dpop+jwt"},
        {"typ": "secevent+jwt"},
        {"typ": ["JWT"]},
    ],
    ids=repr,
)
def test_t02_refused_headers(
    provider: Provider, verifier: TokenVerifier, good: str, header: dict[str, Any]
) -> None:
    """T02: no key of the sender's choice, no extension, no other kind of token."""
    assert refused(verifier, provider.forge(good, header))


def test_t03_long_tokens_and_unknown_kids(
    provider: Provider, verifier: TokenVerifier, good: str
) -> None:
    """T03, T59: size is bounded; of a flood of kids a fetch judges one, the rest are undecided."""
    assert refused(verifier, provider.forge(good, x="x" * MAX_TOKEN_CHARS))
    assert refused(verifier, provider.forge(good, {"kid": "forged"}))
    fetched = fetches()
    for number in range(20):
        with pytest.raises(IdentityUnavailable):
            verifier.verify_token(provider.forge(good, {"kid": f"forged-{number}"}))
    assert fetches() == fetched


def fetches() -> float:
    """Fetches that brought keys, as the metrics tell them."""
    return REGISTRY.get_sample_value("gateway_jwks_fetches_total", {"outcome": "fetched"}) or 0


TIMES = [None, "", "4000000000", True, float("nan"), float("inf"), [], {}]


@pytest.mark.parametrize("instant", TIMES, ids=repr)
def test_t05_odd_times_are_refused(
    provider: Provider, verifier: TokenVerifier, good: str, instant: Any
) -> None:
    """T05: no time, a text, a bool, NaN."""
    for name in ("exp", "iat", "nbf"):
        assert refused(verifier, provider.forge(good, **{name: instant}))


def test_t05_times_are_kept(provider: Provider, verifier: TokenVerifier, good: str) -> None:
    """T05: past, missing and future ones are refused; a fraction is a time like any other."""
    now = time.time()
    for claims in ({"exp": ABSENT}, {"exp": now - 61}, {"exp": int(now) - 61}):
        assert refused(verifier, provider.forge(good, **claims))
    for name in ("iat", "nbf"):
        assert refused(verifier, provider.forge(good, **{name: now + 90}))
    for claims in ({"exp": now + 60.5}, {"exp": float(int(now) + 60)}, {"iat": now - 0.5}):
        assert not refused(verifier, provider.forge(good, **claims))


@pytest.mark.parametrize("sub", [ABSENT, None, "", 7, [ALICE], {}, "x" * 129, "\ud800", "/" * 43])
def test_t06_unusable_subs_are_refused(
    provider: Provider, verifier: TokenVerifier, good: str, sub: Any
) -> None:
    """T06: none, no text, longer than a folder's name may be."""
    assert refused(verifier, provider.forge(good, sub=sub))


@pytest.mark.parametrize(
    "sub", [".", "..", "a/b", "../x", "a\0b", "auth0|a", "a~b", "a~7Cb", "ä", "a b"]
)
def test_t06_t60_odd_subs_name_no_other_folder(
    provider: Provider, verifier: TokenVerifier, good: str, sub: str
) -> None:
    """T06, T60: Cognito has no such users; another provider's get a folder that is safe."""
    token = provider.forge(good, sub=sub)
    if isinstance(provider, CognitoPool):
        assert refused(verifier, token)
        return
    folder = verifier.verify_token(token).sub
    assert is_sub(folder)
    assert folder not in (sub, ".", "..")


@pytest.mark.parametrize("claims", [{"scope": 7}, {"scope": [7]}], ids=repr)
def test_t06_malformed_companions_are_refused(
    provider: Provider, verifier: TokenVerifier, good: str, claims: dict[str, Any]
) -> None:
    """T06: scopes that are no text, and groups that are no names."""
    assert refused(verifier, provider.forge(good, **claims))
    elsewhere = "groups" if isinstance(provider, CognitoPool) else "cognito:groups"
    for groups in ({}, 7, [7]):
        assert refused(verifier, provider.forge(good, **provider.groups(groups)))
        assert not refused(verifier, provider.forge(good, **{elsewhere: groups}))


def test_groups_are_found_where_the_provider_writes_them(
    provider: Provider, verifier: TokenVerifier, good: str
) -> None:
    """By the settings that the documentation names."""
    token = provider.forge(good, **provider.groups(["admins", "b"]))
    assert verifier.verify_token(token).groups == {"admins", "b"}


def test_t06_claims_are_strict_json(provider: Provider, verifier: TokenVerifier, good: str) -> None:
    """T06: half a character in any text of a token, another encoding, or numbers that are none:
    refused, as logs, marks and answers could not write them down."""
    said = json.loads(urlsafe_b64decode(good.split(".")[1].encode()))
    for name in (*(name for name, value in said.items() if isinstance(value, str)), "further"):
        for half in ("\ud800", "a\udfffb", "\udc00\ud800"):
            assert refused(verifier, provider.forge(good, **{name: half})), name
    text = json.dumps(said)
    odd = (
        text.encode("utf-16"),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("}", ', "x": NaN}').encode(),
        text.replace("}", f', "x": {"9" * 4000}}}').encode(),
        text.replace("}", f', "x": {"[" * 1500}{"]" * 1500}}}').encode(),
        b'["a"]',
    )
    assert not refused(verifier, signed(provider, good, text.encode()))
    for payload in odd:
        assert refused(verifier, signed(provider, good, payload)), payload[:20]


def signed(provider: Provider, token: str, payload: bytes) -> str:
    """Any bytes in place of the claims, under the provider's own signature."""
    message = f"{token.split('.')[0]}.{b64url(payload)}"
    return f"{message}.{b64url(raw_signature(provider.key, message.encode()))}"


def test_t07_verdicts_end_with_their_keys() -> None:
    """T07: after a rotation of the keys, tokens of the old are refused, of the new accepted."""
    for make in KINDS.values():
        with make() as provider:
            clock = Clock(time.time())
            keys = JwksCache(provider.source(), clock=clock)
            verifier = TokenVerifier(keys, provider.rules())
            old = provider.token(ALICE)
            assert verifier.verify_token(old).sub == ALICE
            provider.rotate()
            clock.advance(30)
            assert verifier.verify_token(provider.token(ALICE)).sub == ALICE
            assert refused(verifier, old)


def test_t08_tokens_stand_in_the_header_alone(provider: Provider, good: str) -> None:
    """T08: a provider's token opens the gateway in its one place, and in no other."""
    with running_gateway(NOWHERE, "bucket-one", **provider.settings()) as gateway:
        caller, links = Caller(gateway.app, ALICE, good), {"paths": ["image/a.png"]}
        assert caller.post("/v1/links", links).status_code == 200
        stranger = gateway.app.test_client()
        for name in ("access_token", "token"):
            path = f"/v1/links?{name}={good}"
            assert stranger.post(path, json=links).status_code == 401
            assert caller.post(path, links).status_code == 401
        twice = {"Authorization": f"Bearer {good}, Bearer {good}"}
        assert stranger.post("/v1/links", json=links, headers=twice).status_code == 401
        basic = {"Authorization": f"Basic {good}"}
        assert stranger.post("/v1/links", json=links, headers=basic).status_code == 401


def test_t61_service_tokens_are_known_by_their_grant(
    provider: Provider, verifier: TokenVerifier, good: str
) -> None:
    """T61: a client's own token with the scope is a back end's; a user's with it is not, nor is a
    client's without."""
    assert not verifier.verify_token(provider.forge(good, scope="assets/act")).is_service
    service = provider.service_token()
    if service is None:
        return
    assert verifier.verify_token(service).is_service
    assert not verifier.verify_token(provider.forge(service, **provider.lesser)).is_service
    assert not verifier.verify_token(provider.forge(service, **provider.grant)).is_service


# --- T60: the folder, the keys, the issuer ---------------------------------------------------


@given(st.text(max_size=40), st.text(max_size=40))
def test_t60_no_two_subs_share_a_folder(one: str, other: str) -> None:
    """T60: the folder is injective, and safe in a key."""
    folders = folder_of(one), folder_of(other)
    assert one == other or None in folders or folders[0] != folders[1]
    assert all(folder is None or is_sub(folder) for folder in folders)


@pytest.mark.parametrize(
    ("sub", "folder"),
    [
        ("auth0|5f7c8ec7c33c6c004bbafe82", "auth0~7C5f7c8ec7c33c6c004bbafe82"),
        ("a~7Cb", "a~7E7Cb"),
        ("a|b", "a~7Cb"),
        (".", "~2E"),
        ("..", "~2E~2E"),
        ("...", "..."),
        ("ä", "~C3~A4"),
        ("me@example.com", "me~40example.com"),
        ("a" * 128, "a" * 128),
        ("", None),
    ],
)
def test_t60_folders(sub: str, folder: str | None) -> None:
    """T60: each byte outside the safe ones is `~XX`, and so is the tilde."""
    assert folder_of(sub) == folder


@pytest.fixture
def discovery() -> Iterator[tuple[JwksServer, str]]:
    """A server whose every page is what a test wants, and the issuer that it would be."""
    with JwksServer() as server:
        yield server, server.url.partition("/pool/")[0]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://else.example", "jwks_uri": "{issuer}/jwks"},
        {"jwks_uri": "{issuer}/jwks"},
        {"issuer": "{issuer}"},
        {"issuer": "{issuer}", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "{issuer}", "jwks_uri": 7},
        ["{issuer}"],
        "no json",
    ],
    ids=repr,
)
def test_t60_a_discovery_document_of_another_is_refused(
    discovery: tuple[JwksServer, str], document: Any
) -> None:
    """T60: the document must be the issuer's own, and name an address of the web."""
    server, issuer = discovery
    server.answer(200, json.dumps(document).replace("{issuer}", issuer).encode())
    with pytest.raises(ValueError, match=r".+"):
        Discovery(issuer).fetch(1)
    assert server.hits == ["/.well-known/openid-configuration"]


def test_t60_keys_of_an_issuer_behind_tls_are_behind_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """T60: whoever is on the way could send keys of their own."""
    document = {"issuer": "https://issuer.example", "jwks_uri": "http://issuer.example/jwks"}
    monkeypatch.setattr("app.auth.sources.fetch_body", lambda *_: json.dumps(document).encode())
    with pytest.raises(ValueError, match="no address of keys"):
        Discovery("https://issuer.example").jwks_url(1)


@pytest.mark.parametrize("slash", ["", "/"])
def test_t60_an_issuer_may_end_in_a_slash(discovery: tuple[JwksServer, str], slash: str) -> None:
    """T60: some providers write one, and both ways of writing it are the same issuer."""
    server, issuer = discovery
    document = {"issuer": issuer + slash, "jwks_uri": f"{issuer}/keys"}
    server.answer_json({**document, **KeySet([fresh_key("ES256", "k")]).as_dict(private=False)})
    assert set(Discovery(issuer).fetch(1)) == {"k"}
    rules = OpenIdRules(issuer, frozenset({"us"}))
    claims = {"iss": issuer + slash, "aud": "us", "sub": "a", "exp": 2**32}
    assert rules.check(claims, 0)[0].sub == "a"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_t04_t60_discovery_follows_no_redirect(
    discovery: tuple[JwksServer, str], status: int
) -> None:
    """T04, T60: neither to another host nor to another page of the same."""
    server, issuer = discovery
    with JwksServer() as elsewhere:
        server.answer(status, server.body, Location=elsewhere.url)
        with pytest.raises(ValueError, match=str(status)):
            Discovery(issuer).fetch(1)
        assert elsewhere.hits == []


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "ES384"},
        {"crv": "P-384"},
        {"kty": "RSA"},
        {"kty": "oct"},
        {"use": "enc"},
        {"x": "AAAA"},
        {"y": None},
        {"alg": None},
        {"alg": ["ES256"]},
    ],
    ids=repr,
)
def test_t60_keys_of_another_kind_are_passed_over(change: dict[str, Any]) -> None:
    """T60: what a key is for is told by its type, curve and algorithm together."""
    good, other = (KeySet([fresh_key("ES256", kid)]).as_dict(private=False) for kid in "ab")
    keys = [*good["keys"], {**other["keys"][0], **change}]
    assert set(parse_jwks(json.dumps({"keys": keys}).encode(), ASYMMETRIC)) == {"a"}


def test_t60_two_providers_never_share_a_gateway() -> None:
    """T60: given both, or an issuer without audience, the server does not start."""
    cognito = gateway_environment(NOWHERE, "bucket-one")
    both = cognito | {"OIDC_ISSUER": "https://id.example.com", "OIDC_AUDIENCE": "us"}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(both | {"COGNITO_TOKEN_USE": "any"})
    assert set(caught.value.faults) == {
        "COGNITO_CLIENT_ID",
        "COGNITO_TOKEN_USE",
        "COGNITO_USER_POOL_ID",
    }
    other = both | {"COGNITO_USER_POOL_ID": "", "COGNITO_CLIENT_ID": ""}
    assert Settings.from_env(other).oidc_audience == ("us",)
    for lacking in ("OIDC_AUDIENCE", "OIDC_ISSUER"):
        with pytest.raises(SettingsError) as caught:
            Settings.from_env(other | {lacking: ""})
        assert lacking in caught.value.faults


def test_t60_the_folder_is_what_the_gateway_signs_for() -> None:
    """T60: keys, links and `/v1/me` speak of the folder; there is no account to delete."""
    with AuthlibProvider("ES256") as provider:
        token = provider.token("auth0|alice")
        with running_gateway(NOWHERE, "bucket-one", **provider.settings()) as gateway:
            caller = Caller(gateway.app, "auth0~7Calice", token)
            found = caller.post("/v1/links", {"paths": ["image/a.png"]}).json["links"][0]
            assert "/users/auth0~7Calice/image/a.png" in found["url"]
            answer = caller.delete("/v1/me/data?account=true")
            assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/account")


# --- what claims may look like ---------------------------------------------------------------


def principal(claims: dict[str, Any], **rules: Any) -> Any:
    common = {"iss": "https://id.example.com", "aud": "us", "sub": "a", "exp": 2**32}
    return OpenIdRules("https://id.example.com", frozenset({"us"}), **rules).check(
        common | claims, 0
    )[0]


@pytest.mark.parametrize(
    ("claims", "claim", "groups"),
    [
        ({"groups": ["a", "b"]}, "groups", {"a", "b"}),
        ({"groups": "a"}, "groups", {"a"}),
        ({"https://x.example/groups": ["a"]}, "https://x.example/groups", {"a"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"realm_access": "a"}, "realm_access.roles", set()),
        ({}, "groups", set()),
    ],
)
def test_groups_are_found_where_providers_put_them(
    claims: dict[str, Any], claim: str, groups: set[str]
) -> None:
    """A list or one name, under any claim's name, in an object of another."""
    assert principal(claims, groups_claim=claim).groups == groups


def test_clients_and_scopes_are_found_where_providers_put_them() -> None:
    """`azp`, else `client_id`; `scope` as text, `scp` as text or list."""
    assert principal({"azp": "web", "client_id": "x"}).client_id == "web"
    assert principal({"client_id": "web"}).client_id == "web"
    assert principal({"appid": "web"}, client_claim="appid").client_id == "web"
    assert principal({"scope": "a b"}).scopes == {"a", "b"}
    assert principal({"scp": ["a", "b"]}).scopes == {"a", "b"}
    assert principal({"scp": "a b"}).scopes == {"a", "b"}
    assert principal({"roles": ["a"]}).scopes == set()
    assert principal({"roles": ["a"], "idtyp": "app"}).scopes == {"a"}


@pytest.mark.parametrize("mark", [{"gty": "client-credentials"}, {"idtyp": "app"}])
def test_t61_back_ends_of_auth0_and_entra_are_known(mark: dict[str, str]) -> None:
    """T61: their tokens of a client name a sub of their own."""
    claims = {"sub": "abc@clients", "azp": "abc", "scope": "act"}
    assert not principal(claims, service_scope="act").is_service
    assert principal(claims | mark, service_scope="act").is_service
    assert not principal(claims | mark).is_service


# --- Cognito of 2026 -------------------------------------------------------------------------

REGIONS = ["eu-central-1", "us-east-1"]


def cognito(claims: dict[str, Any], **rules: Any) -> Any:
    issuers = pool_issuers("eu-central-1_Testing01", REGIONS)
    common = {"sub": "a", "exp": 2**32, "token_use": "access", "client_id": "web"}
    return CognitoRules(issuers, frozenset({"web"}), **rules).check(common | claims, 0)[0]


@pytest.mark.parametrize("service", ["cognito-idp", "issuer-cognito-idp"])
@pytest.mark.parametrize("region", REGIONS)
def test_c33_both_forms_of_the_issuer_count(service: str, region: str) -> None:
    """C33: the same pool's tokens name either form, and the region that issued them."""
    issuer = f"https://{service}.{region}.amazonaws.com/eu-central-1_Testing01"
    assert cognito({"iss": issuer}).sub == "a"
    for wrong in (issuer + "x", issuer.replace(region, "eu-west-1"), f"{issuer}/"):
        with pytest.raises(InvalidToken):
            cognito({"iss": wrong})


def test_c33_issuers_follow_the_partition_and_the_setting() -> None:
    """C33: China's hosts end otherwise; an issuer of one's own is the only one."""
    assert pool_issuers("cn-north-1_A", ["cn-north-1"]) == {
        "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A",
        "https://issuer-cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A",
    }
    assert pool_issuers("eu-west-1_A", ["eu-west-1"], "https://id.example") == {
        "https://id.example"
    }
    first = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"
    assert len(pool_issuers("eu-west-1_A", ["eu-west-1"], first)) == 2


@pytest.mark.parametrize("aud", ["https://api", ["https://api", "https://x"]])
def test_c34_an_audience_of_ours_is_taken(aud: Any) -> None:
    """C34: one or a list; what names none of ours is refused, and what names none at all is not."""
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Testing01"
    ours = frozenset({"https://api"})
    assert cognito({"iss": issuer, "aud": aud}, audience=ours).sub == "a"
    assert cognito({"iss": issuer}, audience=ours).sub == "a"
    for wrong in ("https://apis", ["https://x"], [], "web", None):
        with pytest.raises(InvalidToken):
            cognito({"iss": issuer, "aud": wrong}, audience=ours)
    with pytest.raises(InvalidToken):
        cognito({"iss": issuer, "aud": aud})


def test_a_user_with_no_required_scope_is_told_so() -> None:
    """Required scopes are Cognito's setting."""
    issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Testing01"
    with pytest.raises(MissingScope):
        cognito({"iss": issuer}, required_scopes=frozenset({"a/b"}))


def test_published_keys_of_cognito_are_rsa_alone() -> None:
    """T60: whatever its key server says, Cognito signs with RS256."""
    keys = KeySet([fresh_key("ES256", "a"), fresh_key("RS256", "b")]).as_dict(private=False)
    with JwksServer() as server:
        server.answer_json(keys)
        assert set(PublishedKeys(server.url).fetch(1)) == {"b"}
