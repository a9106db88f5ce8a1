"""CloudFront signatures: sound by the public key, equal to botocore's, never wider than meant."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ada_url
import pytest
from botocore.signers import CloudFrontSigner as BotocoreSigner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import CdnNotConfigured, ValidationFailed
from app.domain.paths import AssetPath, Root
from app.signing.addressing import BucketAddress
from app.signing.cloudfront import CloudFrontSigner
from app.signing.credentials import Credentials
from app.signing.links import LinkSigner
from app.signing.sigv4 import Presigner
from config import Settings, SettingsError
from devstack.edge_keys import KeyPair

DOMAIN = "d111111abcdef8.cloudfront.net"
PAIRS = {"ec": KeyPair.fresh("ec"), "rsa": KeyPair.fresh("rsa")}
DIGESTS = {"sha256": hashes.SHA256(), "sha1": hashes.SHA1()}  # noqa: S303
KEY, QUERY, EXPIRES = (
    "users/ada/video/1/clip 1.mp4",
    "response-content-disposition=x",
    1_795_000_000,
)
ROOT = Root("ada")
AT = datetime(2026, 11, 22, 17, 4, 5, tzinfo=UTC)


def signer(kind: str = "ec", hash_name: Any = "sha256", domain: str = DOMAIN) -> CloudFrontSigner:
    pair = PAIRS[kind]
    return CloudFrontSigner(domain, pair.key_pair_id, pair.private_key, hash_name)


def links(*, cloudfront: CloudFrontSigner | None, now: datetime = AT) -> LinkSigner:
    return LinkSigner(
        Presigner(lambda: Credentials("AKIA", "secret"), "eu-west-1"),
        BucketAddress.of("bucket", "eu-west-1"),
        default_seconds=3600,
        cloudfront=cloudfront,
        clock=lambda: now,
    )


def decoded(text: str) -> bytes:
    assert re.fullmatch(r"[A-Za-z0-9\-_~]+", text)
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


def check(kind: str, hash_name: str, signature: str, document: bytes) -> None:
    """Raises InvalidSignature unless the public key says so."""
    key = load_pem_public_key(PAIRS[kind].public_key.encode())
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(decoded(signature), document, padding.PKCS1v15(), DIGESTS[hash_name])
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(decoded(signature), document, ec.ECDSA(DIGESTS[hash_name]))


def canned(url: str) -> tuple[dict[str, str], bytes]:
    """The parameters of a signed URL, and the document they sign."""
    resource, _, ending = url.partition("&Expires=")
    parameters = {k: v for k, [v] in parse_qs(f"Expires={ending}", strict_parsing=True).items()}
    condition = {"DateLessThan": {"AWS:EpochTime": int(parameters["Expires"])}}
    statement = {"Statement": [{"Resource": resource, "Condition": condition}]}
    return parameters, json.dumps(statement, separators=(",", ":")).encode()


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("hash_name", DIGESTS)
def test_a_link_verifies_by_the_public_key(kind: str, hash_name: str) -> None:
    """RSA and EC, SHA-256 and SHA-1; the hash is named when it is not CloudFront's default."""
    url = signer(kind, hash_name).sign_url(KEY, QUERY, EXPIRES)
    parameters, document = canned(url)
    check(kind, hash_name, parameters["Signature"], document)
    assert parameters["Key-Pair-Id"] == PAIRS[kind].key_pair_id
    assert parameters.get("Hash-Algorithm") == {"sha256": "SHA256", "sha1": None}[hash_name]
    assert url.startswith(f"https://{DOMAIN}/users/ada/video/1/clip%201.mp4?{QUERY}&")
    with pytest.raises(InvalidSignature):
        check(kind, hash_name, parameters["Signature"], document.replace(b"clip", b"clop"))


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("hash_name", DIGESTS)
def test_a_folder_verifies_by_the_public_key(kind: str, hash_name: str) -> None:
    """Query and cookies carry one policy, for the folder and the expiry that were asked for."""
    grant = signer(kind, hash_name).sign_folder("users/ada/video/a b/", EXPIRES)
    parameters = {k: v for k, [v] in parse_qs(grant.query, strict_parsing=True).items()}
    document = decoded(parameters["Policy"])
    check(kind, hash_name, parameters["Signature"], document)
    [statement] = json.loads(document)["Statement"]
    assert statement == {
        "Resource": f"https://{DOMAIN}/users/ada/video/a%20b/*",
        "Condition": {"DateLessThan": {"AWS:EpochTime": EXPIRES}},
    }
    assert grant.cookies == {f"CloudFront-{name}": value for name, value in parameters.items()}
    assert ("Hash-Algorithm" in parameters) is (hash_name == "sha256")


def test_sha1_rsa_is_byte_for_byte_what_botocore_signs() -> None:
    """Canned and custom, URL for URL."""
    pair = PAIRS["rsa"]
    key = load_pem_private_key(pair.private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    theirs = BotocoreSigner(
        pair.key_pair_id,
        lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303
    )
    ours = signer("rsa", "sha1")
    until = datetime.fromtimestamp(EXPIRES, UTC)
    url = f"{ours.url(KEY)}?{QUERY}"
    assert ours.sign_url(KEY, QUERY, EXPIRES) == theirs.generate_presigned_url(
        url, date_less_than=until
    )
    grant = ours.sign_folder("users/ada/video/1/", EXPIRES)
    policy = theirs.build_policy(f"https://{DOMAIN}/users/ada/video/1/*", until)
    assert f"{ours.url(KEY)}?{grant.query}" == theirs.generate_presigned_url(
        ours.url(KEY), policy=policy
    )


@pytest.mark.parametrize("kind", PAIRS)
def test_signatures_repeat_on_every_replica(kind: str) -> None:
    """RFC 6979 for EC: two processes with the same key sign the same URL."""
    assert signer(kind).sign_url(KEY, QUERY, 1) == signer(kind).sign_url(KEY, QUERY, 1)
    assert signer(kind).sign_folder("users/a/", 1) == signer(kind).sign_folder("users/a/", 1)


@pytest.mark.parametrize("kind", PAIRS)
def test_a_key_is_read_in_any_usual_spelling(kind: str) -> None:
    r"""PKCS 8 or the older form, CRLF, or on one line with \n spelt out."""
    pem = PAIRS[kind].private_key
    key: Any = load_pem_private_key(pem.encode(), None)
    older = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    expected = signer(kind).sign_url(KEY, QUERY, 1)
    for spelt in (pem.replace("\n", "\\n"), pem.replace("\n", "\r\n"), older.decode(), pem.strip()):
        read = CloudFrontSigner(DOMAIN, PAIRS[kind].key_pair_id, spelt)
        assert read.sign_url(KEY, QUERY, 1) == expected


def wrong_keys() -> dict[str, str]:
    def pem(key: Any, encryption: Any = None) -> str:
        return str(
            key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()
            ).decode()
        )

    strong = ec.generate_private_key(ec.SECP256R1())
    public = strong.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "another curve": pem(ec.generate_private_key(ec.SECP384R1())),
        "another size": pem(rsa.generate_private_key(public_exponent=65537, key_size=3072)),
        "encrypted": pem(strong, BestAvailableEncryption(b"x")),
        "public": public.decode(),
        "none at all": "sesame",
        "cut": PAIRS["ec"].private_key[:100],
    }


WRONG_KEYS = wrong_keys()


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_a_key_that_cloudfront_would_not_take_is_refused(name: str) -> None:
    """At once, in words that show none of it."""
    with pytest.raises(ValueError, match=r"must be an") as caught:
        CloudFrontSigner(DOMAIN, "K2JCJMDEHXQW5F", WRONG_KEYS[name])
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(names, names)
@settings(max_examples=200)
def test_t34_a_policy_holds_one_wildcard_at_its_end(name: str, sub_folder: str) -> None:
    """T34: whatever a folder is called, its policy names that folder, and `*` only to end it."""
    try:
        path = AssetPath.parse(f"video/{name}/{sub_folder}/seg.ts")
    except ValidationFailed:
        return
    grant = links(cloudfront=signer()).sign_folder(ROOT, path)
    policy = json.loads(decoded(parse_qs(grant.query)["Policy"][0]))
    resource = policy["Statement"][0]["Resource"]
    assert resource[-2:] == "/*"
    assert not re.search(r"[*?]", resource[:-1])
    assert resource == f"https://{DOMAIN}{grant.cookie_path}*"
    # What a browser makes of the URL is still what was signed.
    parsed = ada_url.URL(grant.url)
    assert parsed.pathname.startswith(grant.cookie_path)
    assert fnmatchcase(grant.url.partition("?")[0], resource.replace("[", "[[]"))


@pytest.mark.parametrize("hostile", ["*", "a*", "?", "a?b", "..", ".", "%2A", "%2e%2e", "a\\b"])
def test_t34_hostile_names_are_refused_before_they_are_signed(hostile: str) -> None:
    """T34: wildcards, dot segments and escapes are no names."""
    for text in (f"video/{hostile}/a.m3u8", f"video/x/{hostile}"):
        with pytest.raises(ValidationFailed):
            AssetPath.parse(text)
    # Even if one came through, a policy would hold it encoded.
    assert "*" not in signer().sign_url("users/a/*", QUERY, 1).partition("Signature")[0]


@pytest.mark.parametrize("folder", ["users/ada/video/1", "", "/", "users/", "users/ada/video/1*"])
def test_t34_only_a_folder_gets_a_wildcard(folder: str) -> None:
    """T34: without the slash, `1` would open `12` as well; nothing opens everybody's space."""
    with pytest.raises(ValueError, match="folder"):
        signer().sign_folder(folder, EXPIRES)


def test_t33_a_link_carries_the_disposition_and_nothing_else() -> None:
    """T19, T33: no type of the client's choosing; what a browser would run is an attachment."""
    paths = [AssetPath.parse(f"brand_kit/x/{name}") for name in ("a.pdf", "a.svg", "a.html")]
    made = links(cloudfront=signer()).sign(ROOT, paths, disposition="inline")
    for link, shown in zip(made, ("inline", "attachment", "attachment"), strict=True):
        query = parse_qs(urlsplit(link.url).query)
        assert query["response-content-disposition"][0].startswith(f"{shown};")
        assert {name for name in query if name.startswith("response-")} == {
            "response-content-disposition"
        }
        assert link.via == "cloudfront"


def test_auto_prefers_cloudfront_where_there_is_one() -> None:
    """`auto` and what is asked for; without a signer `cloudfront` is a problem."""
    [path] = paths = [AssetPath.parse("video/x/a.mp4")]
    both, s3 = links(cloudfront=signer()), links(cloudfront=None)
    assert [link.via for link in both.sign(ROOT, paths)] == ["cloudfront"]
    assert [link.via for link in both.sign(ROOT, paths, via="s3")] == ["s3"]
    assert [link.via for link in s3.sign(ROOT, paths)] == ["s3"]
    with pytest.raises(CdnNotConfigured):
        s3.sign(ROOT, paths, via="cloudfront")
    with pytest.raises(CdnNotConfigured):
        s3.sign_folder(ROOT, path)


@pytest.mark.parametrize("seconds", [1, 60, 3600, 604_800])
def test_links_repeat_within_a_window(seconds: int) -> None:
    """A quarter of the lifetime long; a link lives three quarters to all of it."""
    paths = [AssetPath.parse("video/x/a.m3u8")]
    window = max(1, seconds // 4)
    start = datetime.fromtimestamp(AT.timestamp() // window * window, UTC)
    first, last, after = (start + timedelta(seconds=s) for s in (0, window - 0.001, window))
    made = {}
    for now in (first, last, after):
        signing = links(cloudfront=signer(), now=now)
        [link] = signing.sign(ROOT, paths, expires_seconds=seconds)
        folder = signing.sign_folder(ROOT, paths[0], expires_seconds=seconds)
        assert link.expires_at == folder.expires_at
        assert seconds - window <= (link.expires_at - now).total_seconds() <= seconds
        assert f"Expires={int(link.expires_at.timestamp())}" in link.url
        made[now] = (link.url, folder.url, folder.query)
    assert made[first] == made[last]
    assert made[first][0] != made[after][0]


def test_t37_signatures_do_not_show_in_a_repr() -> None:
    """T37: what might end up in a log tells nothing."""
    playback = links(cloudfront=signer()).sign_folder(ROOT, AssetPath.parse("video/x/a.m3u8"))
    grant = signer().sign_folder("users/ada/", 1)
    assert "Signature" not in f"{playback!r}{grant!r}"


@pytest.mark.parametrize(
    ("given_domain", "origin"),
    [
        ("cdn.example.com", "https://cdn.example.com"),
        ("https://cdn.example.com/", "https://cdn.example.com"),
        ("http://localhost:9100", "http://localhost:9100"),
    ],
)
def test_a_domain_or_a_base_url(given_domain: str, origin: str) -> None:
    """TLS unless a whole address says otherwise."""
    assert signer(domain=given_domain).url("users/a") == f"{origin}/users/a"


ENVIRONMENT = {
    "COGNITO_USER_POOL_ID": "eu-central-1_Testing01",
    "COGNITO_CLIENT_ID": "one",
    "AWS_REGION": "eu-central-1",
    "S3_BUCKET_NAME": "a-bucket",
    "SECRET_KEY": "a secret that only the tests know",
}


def faults(**changes: str) -> dict[str, str]:
    """What is wrong with a good CloudFront set-up after these changes."""
    good = ENVIRONMENT | PAIRS["ec"].gateway_environment(DOMAIN)
    try:
        Settings.from_env(good | changes)
    except SettingsError as error:
        return error.faults
    return {}


def test_a_whole_set_up_is_taken() -> None:
    """Domain, id and key, and what may come with them; the key is not shown."""
    assert faults() == {}
    assert faults(CLOUDFRONT_COOKIE_DOMAIN=DOMAIN, CLOUDFRONT_HASH="sha1") == {}
    assert faults(CLOUDFRONT_DOMAIN="cdn.example.com", CLOUDFRONT_COOKIE_DOMAIN="example.com") == {}
    assert faults(CLOUDFRONT_DISTRIBUTION_ID="E2EXAMPLE12345") == {}
    good = ENVIRONMENT | PAIRS["ec"].gateway_environment(DOMAIN)
    assert "PRIVATE KEY" not in repr(Settings.from_env(good))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"CLOUDFRONT_PRIVATE_KEY": "sesame"}, ("CLOUDFRONT_PRIVATE_KEY",)),
        ({"CLOUDFRONT_PRIVATE_KEY": PAIRS["ec"].public_key}, ("CLOUDFRONT_PRIVATE_KEY",)),
        ({"CLOUDFRONT_PRIVATE_KEY": ""}, ("CLOUDFRONT_PRIVATE_KEY",)),
        ({"CLOUDFRONT_KEY_PAIR_ID": ""}, ("CLOUDFRONT_KEY_PAIR_ID",)),
        ({"CLOUDFRONT_DOMAIN": ""}, ("CLOUDFRONT_DOMAIN",)),
        (
            {"CLOUDFRONT_DOMAIN": "", "CLOUDFRONT_KEY_PAIR_ID": ""},
            ("CLOUDFRONT_DOMAIN", "CLOUDFRONT_KEY_PAIR_ID"),
        ),
        ({"CLOUDFRONT_DOMAIN": "cdn.example.com/media"}, ("CLOUDFRONT_DOMAIN",)),
        ({"CLOUDFRONT_DOMAIN": "*.example.com"}, ("CLOUDFRONT_DOMAIN",)),
        ({"CLOUDFRONT_KEY_PAIR_ID": "K&Policy=x"}, ("CLOUDFRONT_KEY_PAIR_ID",)),
        ({"CLOUDFRONT_HASH": "md5"}, ("CLOUDFRONT_HASH",)),
        ({"CLOUDFRONT_COOKIE_DOMAIN": "example.com"}, ("CLOUDFRONT_COOKIE_DOMAIN",)),
        ({"CLOUDFRONT_COOKIE_DOMAIN": "loudfront.net"}, ("CLOUDFRONT_COOKIE_DOMAIN",)),
        ({"CLOUDFRONT_DISTRIBUTION_ID": "E2/.."}, ("CLOUDFRONT_DISTRIBUTION_ID",)),
    ],
    # Without the values: keys are new in every process.
    ids=lambda value: "-".join(value),
)
def test_a_faulty_set_up_does_not_start(changes: dict[str, str], named: tuple[str, ...]) -> None:
    """The setting at fault is named, and its value is not shown."""
    found = faults(**changes)
    assert set(found) == set(named)
    assert "sesame" not in str(found)
