"""Our signatures against botocore's, byte for byte, and the rules botocore does not keep."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore import credentials as botocore_credentials
from botocore.auth import SIGNED_HEADERS_BLACKLIST, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import StorageUnavailable, ValidationFailed
from app.domain.limits import MAX_SIGNATURE_SECONDS
from app.signing.addressing import BucketAddress
from app.signing.canonical import Query
from app.signing.credentials import Credentials
from app.signing.sigv4 import Presigner, window_start

AT = datetime(2026, 11, 22, 17, 4, 5, tzinfo=UTC)
ID, SECRET = "AKIAEXAMPLE", "wJalr/XUtnFEMI+K7MDENG"
VIRTUAL = BucketAddress.of("bucket", "eu-west-1")
ADDRESSES = [
    VIRTUAL,
    BucketAddress.of("bucket.with.dots", "eu-west-1"),
    BucketAddress.of("bucket", "eu-west-1", accelerate=True),
    BucketAddress.of("bucket", "cn-north-1"),
    BucketAddress.of("bucket", "eu-west-1", endpoint="http://127.0.0.1:9000"),
    BucketAddress.of("bucket", "eu-west-1", endpoint="https://[::1]:9000/s3"),
    BucketAddress.of("bucket", "eu-west-1", endpoint="http://store:80", style="virtual"),
]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
keys = (
    st.lists(text.filter(lambda segment: segment not in {".", ".."}), min_size=1)
    .map("/".join)
    .filter(lambda key: not {".", ".."} & set(key.split("/")))
)
# botocore reads the query back with parse_qs, and its own names are ours to refuse.
queries = st.dictionaries(
    text.filter(lambda name: name != "" and not name.startswith("X-Amz-")), text, max_size=5
)
# Names that botocore never signs, or replaces by itself, have nothing to compare.
header_names = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True).filter(
    lambda name: name.lower() not in {*SIGNED_HEADERS_BLACKLIST, "host", "x-amz-content-sha256"}
)
headers = st.dictionaries(
    header_names, st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)), max_size=4
).filter(lambda given: len({name.lower() for name in given}) == len(given))
tokens = st.none() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
lifetimes = st.integers(1, MAX_SIGNATURE_SECONDS)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))


@pytest.fixture(scope="module", autouse=True)
def botocore_clock() -> Iterator[None]:
    """botocore signs at the instant that `frozen` names."""
    with mock.patch("botocore.auth.get_current_datetime", lambda *_: frozen.replace(tzinfo=None)):
        yield


frozen = AT


def freeze(instant: datetime) -> None:
    global frozen
    frozen = instant


def presigner(token: str | None = None, region: str = "eu-west-1") -> Presigner:
    keys = Credentials(ID, SECRET, token)
    return Presigner(lambda: keys, region, clock=lambda: AT)


def botocore_url(
    method: str,
    address: BucketAddress,
    key: str,
    query: dict[str, str],
    headers: dict[str, str],
    *,
    token: str | None,
    region: str,
    seconds: int,
) -> str:
    keys = botocore_credentials.Credentials(ID, SECRET, token)
    request = AWSRequest(method, address.url(key), params=query, headers=headers)
    S3SigV4QueryAuth(keys, "s3", region, seconds).add_auth(request)
    return str(request.url)


def parameters(url: str) -> dict[str, str]:
    parsed = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    return {name: values[0] for name, values in parsed.items()}


@settings(max_examples=400, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "HEAD", "POST", "DELETE"]),
    address=st.sampled_from(ADDRESSES),
    region=st.sampled_from(["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "auto"]),
    key=keys,
    query=queries,
    headers=headers,
    token=tokens,
    seconds=lifetimes,
    at=instants,
)
def test_urls_equal_botocores_byte_for_byte(
    method: str,
    address: BucketAddress,
    region: str,
    key: str,
    query: dict[str, str],
    headers: dict[str, str],
    token: str | None,
    seconds: int,
    at: datetime,
) -> None:
    """Any method, address, key, query, headers, token, instant: the URL botocore would make."""
    freeze(at)
    ours = presigner(token, region).presign(
        method, address, key, query=query, headers=headers, expires_seconds=seconds, at=at
    )
    assert ours.url == botocore_url(
        method, address, key, query, headers, token=token, region=region, seconds=seconds
    )
    assert ours.expires_at == at.replace(microsecond=0) + timedelta(seconds=seconds)


@settings(max_examples=60, deadline=None)
@given(
    wanted=st.lists(
        st.tuples(st.sampled_from(["a", "b/ü", "c d"]) | keys, queries, headers), max_size=12
    ),
    token=tokens,
)
def test_a_batch_equals_its_urls_signed_one_by_one(
    wanted: list[tuple[str, dict[str, str], dict[str, str]]], token: str | None
) -> None:
    """What a batch shares never leaks from one URL into its neighbour."""
    freeze(AT)
    batch = presigner(token).presign_many("PUT", VIRTUAL, wanted, expires_seconds=900)
    assert [signed.url for signed in batch] == [
        botocore_url("PUT", VIRTUAL, *one, token=token, region="eu-west-1", seconds=900)
        for one in wanted
    ]


def test_parts_of_one_upload_equal_botocores() -> None:
    """Same key, differing part numbers, a shorter last part: the case batches are tuned for."""
    freeze(AT)
    wanted = [
        (
            "v/ü.mp4",
            {"partNumber": str(n), "uploadId": "a+b/="},
            {"content-length": "16" if n < 1000 else "7"},
        )
        for n in range(1, 1001)
    ]
    batch = presigner("token").presign_many("PUT", VIRTUAL, wanted, expires_seconds=900)
    assert [signed.url for signed in batch] == [
        botocore_url("PUT", VIRTUAL, *one, token="token", region="eu-west-1", seconds=900)
        for one in wanted
    ]
    queries = Query.of_parts("a+b/=", range(1, 1001))
    prepared = [(key, next(queries), headers) for key, _, headers in wanted]
    assert presigner("token").presign_many("PUT", VIRTUAL, prepared, expires_seconds=900) == batch


@cache
def s3_client(region: str, token: str | None = None) -> Any:
    return boto3.session.Session().client(
        "s3",
        region_name=region,
        aws_access_key_id=ID,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(
            signature_version="s3v4",
            s3={
                "addressing_style": "virtual",
                "us_east_1_regional_endpoint": "regional",
            },
        ),
    )


OPERATIONS = [
    (
        "get_object",
        "GET",
        "v/ü b+c.mp4",
        {"ResponseContentType": "video/mp4"},
        {"response-content-type": "video/mp4"},
        {},
    ),
    (
        "put_object",
        "PUT",
        "v/a.mp4",
        {"ContentLength": 5, "ContentType": "video/mp4"},
        {},
        {"content-length": "5", "content-type": "video/mp4"},
    ),
    (
        "upload_part",
        "PUT",
        "v/a.mp4",
        {"UploadId": "u/+=", "PartNumber": 7},
        {"uploadId": "u/+=", "partNumber": "7"},
        {},
    ),
    ("head_object", "HEAD", "a~b!'()*", {"VersionId": "null"}, {"versionId": "null"}, {}),
    ("delete_object", "DELETE", "v/a.mp4", {}, {}, {}),
    (
        "list_objects_v2",
        "GET",
        "",
        {"Prefix": "users/ü/"},
        {"list-type": "2", "prefix": "users/ü/", "encoding-type": "url"},
        {},
    ),
]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize("bucket", ["bucket", "dotted.bucket"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation[0])
def test_urls_match_a_well_configured_client(
    region: str, bucket: str, operation: tuple[Any, ...]
) -> None:
    """Host, path, parameters and signature are those of boto3's s3v4 on the regional host."""
    name, method, key, params, query, headers = operation
    freeze(AT)
    given = {"Bucket": bucket, **params, **({"Key": key} if key else {})}
    theirs = s3_client(region, "tok/en+").generate_presigned_url(name, given, ExpiresIn=900)
    ours = presigner("tok/en+", region).presign(
        method,
        BucketAddress.of(bucket, region),
        key,
        query=query,
        headers=headers,
        expires_seconds=900,
    )
    assert ours.url == theirs


@settings(max_examples=200, deadline=None)
@given(
    key=keys.filter(lambda key: key != "" and "${filename}" not in key.lower()),
    seconds=lifetimes,
    token=tokens,
    least=st.integers(0, 9),
    more=st.integers(0, 9),
    at=instants,
    fields=st.dictionaries(
        st.sampled_from(["Content-Type", "x-amz-meta-upload", "Cache-Control"]),
        text.filter(lambda value: "${filename}" not in value.lower()),
    ),
)
def test_post_policies_equal_boto3s(
    key: str,
    seconds: int,
    token: str | None,
    least: int,
    more: int,
    at: datetime,
    fields: dict[str, str],
) -> None:
    """The form has the fields, the policy text and the signature that boto3 would make."""
    instant = at.replace(tzinfo=None)
    conditions = [
        *({name: value} for name, value in fields.items()),
        ["content-length-range", least, least + more],
    ]
    freeze(at)
    with mock.patch("botocore.signers.get_current_datetime", lambda *_: instant):
        signer = s3_client("eu-west-1")
        keys = botocore_credentials.Credentials(ID, SECRET, token)
        with mock.patch.object(signer._request_signer, "_credentials", keys):
            theirs = signer.generate_presigned_post(
                "bucket", key, Fields=fields, Conditions=conditions, ExpiresIn=seconds
            )
    ours = presigner(token).post_policy(
        VIRTUAL,
        key,
        fields=fields,
        content_length=(least, least + more),
        expires_seconds=seconds,
        at=at,
    )
    assert (ours.url, ours.fields) == (theirs["url"], theirs["fields"])


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1"])
def test_t16_every_url_is_sigv4_on_the_regional_host(region: str) -> None:
    """T16: never SigV2, never the global host, whatever boto3's defaults are."""
    address = BucketAddress.of("bucket", region, endpoint="https://s3.amazonaws.com")
    for method in ("GET", "PUT", "POST", "DELETE", "HEAD"):
        url = presigner(region=region).presign(method, address, "k", expires_seconds=60).url
        signed = parameters(url)
        assert signed["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
        assert f"/{region}/s3/aws4_request" in signed["X-Amz-Credential"]
        assert (urlsplit(url).hostname or "").startswith(f"bucket.s3.{region}.amazonaws.com")


def test_t27_every_field_of_a_policy_is_pinned_to_one_value() -> None:
    """T27: only equality conditions and the size range; bucket, key and each field are there."""
    post = presigner("token").post_policy(
        VIRTUAL,
        "users/a/v.mp4",
        fields={"content-type": "video/mp4"},
        content_length=(7, 7),
        expires_seconds=60,
    )
    conditions = json.loads(base64.b64decode(post.fields["policy"]))["conditions"]
    pinned = {name: value for c in conditions if isinstance(c, dict) for name, value in c.items()}
    unsigned = {"policy", "x-amz-signature"}
    assert [c for c in conditions if isinstance(c, list)] == [["content-length-range", 7, 7]]
    assert pinned == {
        "bucket": "bucket",
        **{k: v for k, v in post.fields.items() if k not in unsigned},
    }
    assert post.url.endswith("/")


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("users/a/${filename}", {}),
        ("users/${FileName}/b", {}),
        ("users/a/b", {"x-amz-meta-title": "x${filename}"}),
        ("users/a/b", {"Key": "users/b/c"}),
        ("users/a/b", {"X-Amz-Credential": "mine"}),
        ("users/a/b", {"Content-Type": "a/b", "content-type": "c/d"}),
        ("", {}),
    ],
)
def test_t27_what_would_leave_the_client_a_choice_is_refused(
    key: str, fields: dict[str, str]
) -> None:
    """T27, C10: a store replaces ${filename} in any field and in any case, which is a fault of the
    file name; own and doubled fields would be ambiguous, which is one of the code."""
    variable = "${filename}" in f"{key}{fields}".lower()
    with pytest.raises(ValidationFailed if variable else ValueError) as refusal:
        presigner().post_policy(
            VIRTUAL, key, fields=fields, content_length=(1, 1), expires_seconds=60
        )
    if isinstance(refusal.value, ValidationFailed):
        assert refusal.value.errors[0].pointer == "/filename"


@pytest.mark.parametrize("bounds", [(2, 1), (-1, 1)])
def test_t17_a_post_policys_size_bounds_must_be_in_order(bounds: tuple[int, int]) -> None:
    """T17: a range that S3 would read as no range is never signed."""
    with pytest.raises(ValueError, match="content_length"):
        presigner().post_policy(VIRTUAL, "k", fields={}, content_length=bounds, expires_seconds=60)


@pytest.mark.parametrize("seconds", [0, -1, MAX_SIGNATURE_SECONDS + 1, 10**9])
def test_t29_lifetimes_out_of_range_are_never_signed(seconds: int) -> None:
    """T29: botocore signs 0, negative and 8 days; this is the guard below the API's."""
    with pytest.raises(ValueError, match="604800"):
        presigner().presign("GET", VIRTUAL, "k", expires_seconds=seconds)
    with pytest.raises(ValueError, match="604800"):
        presigner().post_policy(
            VIRTUAL, "k", fields={}, content_length=(1, 1), expires_seconds=seconds
        )


def temporary(remaining: timedelta) -> Credentials:
    return Credentials(ID, SECRET, "token", AT + remaining)


def test_t30_a_lifetime_is_cut_to_the_credentials_own() -> None:
    """T30: `expires_at` and X-Amz-Expires both tell the end of the keys, to the second."""
    keys = temporary(timedelta(seconds=600, milliseconds=700))
    signer = Presigner(lambda: keys, "eu-west-1", clock=lambda: AT)
    link = signer.presign("GET", VIRTUAL, "k", expires_seconds=3600)
    assert link.expires_at == AT + timedelta(seconds=600)
    assert parameters(link.url)["X-Amz-Expires"] == "600"
    post = signer.post_policy(VIRTUAL, "k", fields={}, content_length=(1, 1), expires_seconds=3600)
    policy = json.loads(base64.b64decode(post.fields["policy"]))
    assert post.expires_at == link.expires_at
    assert policy["expiration"] == "2026-11-22T17:14:05Z"


def test_t30_a_cut_counts_from_the_signing_instant() -> None:
    """T30: a link signed as of 300 s ago with keys for 600 s more lives 900 s from then."""
    signer = Presigner(lambda: temporary(timedelta(seconds=600)), "eu-west-1", clock=lambda: AT)
    link = signer.presign("GET", VIRTUAL, "k", expires_seconds=3600, at=AT - timedelta(seconds=300))
    assert parameters(link.url)["X-Amz-Expires"] == "900"
    assert link.expires_at == AT + timedelta(seconds=600)


def test_t30_keys_below_the_floor_are_asked_for_again_once() -> None:
    """T30: a source that just renews its keys gets a second chance, and the new keys sign."""
    answers = [temporary(timedelta(seconds=59)), temporary(timedelta(hours=1))]
    signer = Presigner(lambda: answers.pop(0), "eu-west-1", clock=lambda: AT)
    link = signer.presign("GET", VIRTUAL, "k", expires_seconds=900)
    assert link.expires_at == AT + timedelta(seconds=900)


@pytest.mark.parametrize("remaining", [59, 0, -60])
def test_t30_keys_about_to_die_sign_nothing(remaining: int) -> None:
    """T30: rather a 503 than a link that is dead on arrival."""
    asked = []

    def source() -> Credentials:
        asked.append(1)
        return temporary(timedelta(seconds=remaining))

    signer = Presigner(source, "eu-west-1", clock=lambda: AT)
    with pytest.raises(StorageUnavailable):
        signer.presign("GET", VIRTUAL, "k", expires_seconds=10)
    assert len(asked) == 2


def test_t30_exactly_the_floor_is_enough() -> None:
    """T30: 60 seconds are worth a link."""
    signer = Presigner(lambda: temporary(timedelta(seconds=60)), "eu-west-1", clock=lambda: AT)
    link = signer.presign("GET", VIRTUAL, "k", expires_seconds=900)
    assert link.expires_at == AT + timedelta(seconds=60)


def test_t30_an_instant_after_the_keys_end_is_refused() -> None:
    """T30: no X-Amz-Expires of zero or less comes out of the cut."""
    signer = Presigner(lambda: temporary(timedelta(seconds=90)), "eu-west-1", clock=lambda: AT)
    with pytest.raises(StorageUnavailable):
        signer.presign("GET", VIRTUAL, "k", expires_seconds=60, at=AT + timedelta(seconds=90))


def test_t30_renewed_keys_sign_at_once() -> None:
    """T30: nothing remembered from earlier keys survives their renewal within one second."""
    current = [Credentials("OLD", "old")]
    signer = Presigner(lambda: current[0], "eu-west-1", clock=lambda: AT)
    before = signer.presign("GET", VIRTUAL, "k", expires_seconds=60).url
    current[0] = Credentials("OLD", "new")
    after = signer.presign("GET", VIRTUAL, "k", expires_seconds=60).url
    assert before.split("Signature=")[0] == after.split("Signature=")[0]
    assert before != after


def test_t31_the_method_is_signed() -> None:
    """T31: a link that reads has another signature than one that writes, and no HEAD is a GET."""
    methods = ["GET", "PUT", "HEAD", "POST", "DELETE"]
    urls = {presigner().presign(m, VIRTUAL, "k", expires_seconds=60).url for m in methods}
    assert len(urls) == len(methods)


def test_t31_the_method_is_signed_in_batches_too() -> None:
    """T31: also in the URLs of a batch that begin as the one before did, which are hashed so."""
    methods, parts = ["GET", "PUT"], [("k", {"uploadId": "u"}, {})] * 3
    get, put = (
        presigner().presign_many(method, VIRTUAL, parts, expires_seconds=60) for method in methods
    )
    assert {signed.url for signed in get}.isdisjoint(signed.url for signed in put)


def test_t20_headers_named_for_signing_are_in_the_signature() -> None:
    """T20: `if-none-match` and the length are bound: leaving one out changes the signature."""
    pinned = {"If-None-Match": "*", "Content-Length": "5"}
    signed = presigner().presign("PUT", VIRTUAL, "k", headers=pinned, expires_seconds=60).url
    assert parameters(signed)["X-Amz-SignedHeaders"] == "content-length;host;if-none-match"
    other = pinned | {"Content-Length": "6"}
    assert signed != presigner().presign("PUT", VIRTUAL, "k", headers=other, expires_seconds=60).url


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-meta-title": "ü"},
        {"content-type": "a\r\nx-amz-acl: public-read"},
        {"content-type": "a\tb"},
        {"content-type": "a\x7f"},
        {"Host": "elsewhere"},
        {"A": "1", "a": "2"},
        {"a b": "1"},
        {"": "1"},
        {"a\n": "1"},
        {"ü": "1"},
    ],
)
def test_headers_that_cannot_be_sent_as_signed_are_refused(headers: dict[str, str]) -> None:
    """A signed header no client could send, or one that smuggles another, is a ValueError."""
    with pytest.raises(ValueError):
        presigner().presign("PUT", VIRTUAL, "k", headers=headers, expires_seconds=60)


@pytest.mark.parametrize("name", ["X-Amz-Expires", "X-Amz-Signature", "X-Amz-Z"])
def test_a_query_cannot_speak_for_the_signature(name: str) -> None:
    """A second X-Amz-Expires beside ours would be the reader's choice."""
    with pytest.raises(ValueError, match="X-Amz"):
        presigner().presign("GET", VIRTUAL, "k", query={name: "1"}, expires_seconds=60)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    """A naive instant would be read as local time."""
    naive = AT.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        presigner().presign("GET", VIRTUAL, "k", expires_seconds=60, at=naive)
    with pytest.raises(ValueError, match="time zone"):
        window_start(naive, 3600)


@given(now=instants, lifetime=lifetimes)
def test_a_window_holds_a_quarter_of_the_lifetime(now: datetime, lifetime: int) -> None:
    """A link signed at the window's start lives three quarters of its lifetime at least."""
    start = window_start(now, lifetime)
    quarter = max(1, lifetime // 4)
    assert timedelta() <= now - start < timedelta(seconds=quarter)
    assert start.timestamp() % quarter == 0
    assert window_start(start, lifetime) == start


def test_links_repeat_within_a_window_and_change_after_it() -> None:
    """The same object and lifetime give the same URL for a quarter of an hour of an hour."""
    start = window_start(AT, 3600)
    urls = [
        presigner()
        .presign(
            "GET",
            VIRTUAL,
            "k",
            expires_seconds=3600,
            at=window_start(start + timedelta(seconds=late), 3600),
        )
        .url
        for late in (0, 899, 900)
    ]
    assert urls[0] == urls[1] != urls[2]


def test_t37_reprs_hide_what_grants_access() -> None:
    """T37: a signed URL, a form, keys or a signer in a log line or traceback tell no secret."""
    signer = presigner("session-token")
    link = signer.presign("GET", VIRTUAL, "k", expires_seconds=60)
    post = signer.post_policy(VIRTUAL, "k", fields={}, content_length=(1, 1), expires_seconds=60)
    seen = f"{link!r} {link} {post!r} {signer!r} {signer._last!r} {Credentials(ID, SECRET)!r}"
    assert parameters(link.url)["X-Amz-Signature"] not in seen
    assert post.fields["x-amz-signature"] not in seen
    assert SECRET not in seen
    assert "session-token" not in seen
