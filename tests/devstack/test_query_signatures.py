"""Presigned URLs: what botocore signs works, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devstack.account import Stack
from tests.devstack.conftest import SECOND_PAIR
from tests.devstack.wire import Wire


class _HostlessAuth(S3SigV4QueryAuth):
    """A signer that leaves the host out."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        return HTTPHeaders()


def stored(wire: Wire, key: str) -> bool:
    return wire.send("HEAD", wire.presign("HEAD", key)).status == 200


def test_what_was_put_comes_back(wire: Wire, key: str) -> None:
    """A presigned PUT stores exactly its body and signed headers; a presigned GET reads them."""
    headers = {"content-type": "image/png", "x-amz-meta-upload": "mark"}
    url = wire.presign("PUT", key, headers=headers)
    assert wire.send("PUT", url, headers, b"bytes").status == 200
    answer = wire.send("GET", wire.presign("GET", key))
    assert (answer.status, answer.body) == (200, b"bytes")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-amz-meta-upload"] == "mark"


def test_boto3_presigned_urls_work_as_they_come(stack: Stack, wire: Wire, key: str) -> None:
    """What ``generate_presigned_url`` makes with s3v4 is accepted unchanged."""
    params = {"Bucket": stack.bucket, "Key": key, "ContentType": "image/png", "IfNoneMatch": "*"}
    url = stack.client("s3").generate_presigned_url("put_object", params, ExpiresIn=60)
    headers = {"content-type": "image/png", "if-none-match": "*"}
    assert wire.send("PUT", url, headers, b"x").status == 200


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_any_key_that_botocore_signs_is_verified(stack: Stack, wire: Wire, name: str) -> None:
    """Unicode, percent signs and reserved characters reach the store as the key they name."""
    key = f"users/ada/odd/{name.replace('/', '_')}x"
    s3 = stack.client("s3")
    url = s3.generate_presigned_url("put_object", {"Bucket": stack.bucket, "Key": key})
    assert wire.send("PUT", url, body=b"x").status == 200
    assert s3.head_object(Bucket=stack.bucket, Key=key)["ContentLength"] == 1


def test_a_second_key_pair_is_known(wire: Wire, key: str) -> None:
    """Every pair that the store was started with signs."""
    assert wire.send("PUT", wire.presign("PUT", key), body=b"x").status == 200
    url = wire.presign("GET", key, credentials=Credentials(*SECOND_PAIR))
    assert wire.send("GET", url).status == 200


def test_an_unknown_key_pair_is_refused(wire: Wire, key: str) -> None:
    """A key id nobody gave out is named as such."""
    url = wire.presign("PUT", key, credentials=Credentials("AKIANOBODY", "s"))
    assert wire.send("PUT", url, body=b"x").code == "InvalidAccessKeyId"


def test_another_secret_is_refused(wire: Wire, key: str) -> None:
    """The right id with the wrong secret does not sign."""
    wrong = Credentials(wire.stack.access_key_id, "wrong")
    url = wire.presign("PUT", key, credentials=wrong)
    answer = wire.send("PUT", url, body=b"x")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert not stored(wire, key)


def test_a_session_token_with_a_long_lived_key_is_refused(wire: Wire, key: str) -> None:
    """A token that no STS gave out is no token."""
    keys = Credentials(wire.stack.access_key_id, wire.stack.secret_access_key, "token")
    assert wire.send("GET", wire.presign("GET", key, credentials=keys)).code == "InvalidToken"


def test_temporary_credentials_sign_with_their_token_only(stack: Stack, wire: Wire) -> None:
    """What AssumeRole gives out is known to the store, token included."""
    role = stack.client("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/upload", RoleSessionName="ada"
    )["Credentials"]
    key = "users/ada/image/temporary"
    pair = (role["AccessKeyId"], role["SecretAccessKey"])
    whole = wire.presign("PUT", key, credentials=Credentials(*pair, role["SessionToken"]))
    bare = wire.presign("PUT", key, credentials=Credentials(*pair))
    assert wire.send("PUT", bare, body=b"x").code == "InvalidToken"
    assert wire.send("PUT", whole, body=b"x").status == 200


@pytest.mark.parametrize("life", [1, 604_800])
def test_the_shortest_and_the_longest_life_are_allowed(wire: Wire, key: str, life: int) -> None:
    """One second to seven days."""
    assert wire.send("PUT", wire.presign("PUT", key, expires=life), body=b"x").status == 200


@pytest.mark.parametrize("life", [0, -1, 604_801])
def test_other_lives_are_refused(wire: Wire, key: str, life: int) -> None:
    """Zero, negative, and longer than seven days."""
    answer = wire.send("PUT", wire.presign("PUT", key, expires=life), body=b"x")
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def test_an_expired_url_is_refused_in_the_words_clients_look_for(wire: Wire, key: str) -> None:
    """Uppy renews a URL when it reads "Request has expired"."""
    url = wire.presign("PUT", key, expires=60, at=datetime.now(UTC) - timedelta(seconds=120))
    answer = wire.send("PUT", url, body=b"x")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.message == "Request has expired"


def test_clocks_may_differ_by_a_quarter_of_an_hour(wire: Wire, key: str) -> None:
    """A URL from 10 minutes ahead works, one from 20 minutes ahead does not yet."""
    ahead = wire.presign("PUT", key, at=datetime.now(UTC) + timedelta(minutes=10))
    too_far = wire.presign("PUT", key, at=datetime.now(UTC) + timedelta(minutes=20))
    assert wire.send("PUT", too_far, body=b"x").message == "Request is not yet valid"
    assert wire.send("PUT", ahead, body=b"x").status == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
def test_t31_another_method_is_refused(wire: Wire, key: str, method: str) -> None:
    """T31: a PUT link neither reads, deletes nor posts."""
    answer = wire.send(method, wire.presign("PUT", key), body=b"")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("picture.png", "picture.gif"),
        ("X-Amz-Expires=60", "X-Amz-Expires=61"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("tag=a", "tag=b"),
        ("X-Amz-Signature=", "extra=1&X-Amz-Signature="),
    ],
)
def test_a_url_that_was_changed_is_refused(wire: Wire, key: str, part: str, other: str) -> None:
    """Path, lifetime, signature, query: each is signed, and nothing can be added."""
    url = wire.presign("PUT", key, query={"tag": "a"})
    assert part in url
    assert wire.send("PUT", url, body=b"x").status == 200
    answer = wire.send("PUT", url.replace(part, other), body=b"x")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_parameters_in_another_order_are_the_same_request(wire: Wire, key: str) -> None:
    """The order of the query is not signed."""
    path, query = wire.presign("PUT", key).split("?")
    turned = "&".join(reversed(query.split("&")))
    assert wire.send("PUT", f"{path}?{turned}", body=b"x").status == 200


@pytest.mark.parametrize("name", ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders"])
@pytest.mark.parametrize("repeated", [False, True], ids=["absent", "twice"])
def test_each_parameter_is_there_exactly_once(
    wire: Wire, key: str, name: str, repeated: bool
) -> None:
    """An absent or repeated parameter of the signature is refused."""
    path, query = wire.presign("PUT", key).split("?")
    pairs = query.split("&")
    named = [pair for pair in pairs if pair.startswith(f"X-Amz-{name}=")]
    pairs = pairs + named if repeated else [pair for pair in pairs if pair not in named]
    answer = wire.send("PUT", f"{path}?{'&'.join(pairs)}", body=b"x")
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize(
    "sent",
    [
        {"content-type": "image/gif", "if-none-match": "*"},
        {"content-type": "image/png"},
        {"content-type": "image/png", "if-none-match": "other"},
    ],
    ids=["another value", "absent", "another condition"],
)
def test_signed_headers_must_be_sent_as_signed(wire: Wire, key: str, sent: dict[str, str]) -> None:
    """A signed header that differs or is missing is refused."""
    url = wire.presign("PUT", key, headers={"content-type": "image/png", "if-none-match": "*"})
    answer = wire.send("PUT", url, sent, b"x")
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert not stored(wire, key)


@pytest.mark.parametrize("body", [b"longer", b"les", b""])
def test_t17_a_body_of_another_length_is_refused(wire: Wire, key: str, body: bytes) -> None:
    """T17: a signed content-length pins the size of what is sent."""
    url = wire.presign("PUT", key, headers={"content-length": "4"})
    answer = wire.send("PUT", url, body=body)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert wire.send("PUT", url, body=b"four").status == 200


@pytest.mark.parametrize(
    "name", ["x-amz-acl", "x-amz-tagging", "x-amz-storage-class", "x-amz-meta-more"]
)
def test_t28_unsigned_amazon_headers_are_refused(wire: Wire, key: str, name: str) -> None:
    """T28: a client cannot add what the signer did not think of."""
    answer = wire.send("PUT", wire.presign("PUT", key), {name: "public-read"}, b"x")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert name.encode() in answer.body
    assert not stored(wire, key)


def test_another_region_is_refused_and_the_right_one_named(wire: Wire, key: str) -> None:
    """The bucket's region is the only one."""
    answer = wire.send("PUT", wire.presign("PUT", key, region="eu-west-1"), body=b"x")
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")
    assert b"<Region>us-east-1</Region>" in answer.body


def test_an_empty_header_that_was_signed_must_still_be_sent(wire: Wire, key: str) -> None:
    """Absent is not the same as empty, though both sign alike."""
    url = wire.presign("PUT", key, headers={"cache-control": ""})
    assert wire.send("PUT", url, body=b"x").code == "SignatureDoesNotMatch"
    assert wire.send("PUT", url, {"cache-control": ""}, b"x").status == 200


def test_the_host_must_be_signed(wire: Wire, key: str) -> None:
    """A signature that would hold on any host is refused, however right it is."""
    signer = _HostlessAuth(wire.credentials, "s3", wire.stack.region, 60)
    request = AWSRequest("PUT", wire.url(key))
    signer.add_auth(request)
    answer = wire.send("PUT", str(request.url), body=b"x")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert b"<HeadersNotSigned>host<" in answer.body


def test_the_scope_is_of_the_day_of_signing(wire: Wire, key: str) -> None:
    """A day's key signs that day's requests: another day in the scope is a fault of its own."""
    url = wire.presign("PUT", key, at=datetime.now(UTC))
    day = datetime.now(UTC).strftime("%Y%m%d")
    answer = wire.send("PUT", url.replace(f"%2F{day}%2F", "%2F20200101%2F"), body=b"x")
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


def test_another_service_is_refused(wire: Wire, key: str) -> None:
    """A signature for SQS opens no object, however moto would route it."""
    answer = wire.send("GET", wire.presign("GET", key, service="sqs"))
    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
def test_anonymous_requests_are_denied(wire: Wire, key: str, method: str) -> None:
    """Nothing is public, whatever the bucket's policy says to moto."""
    wire.send("PUT", wire.presign("PUT", key), body=b"x")
    answer = wire.send(method, wire.url(key))
    assert answer.status == 403
    if method != "HEAD":
        assert (answer.code, answer.message) == ("AccessDenied", "Access Denied")
    assert stored(wire, key)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Amz-Target": "Nothing.Known"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/s3/aws4_request"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b/us-east-1/s3control/aws4_request"},
        {"Authorization": "Bearer token"},
    ],
)
def test_no_header_leads_around_the_door(wire: Wire, key: str, headers: dict[str, str]) -> None:
    """What moto would route to S3 as a fallback is held to S3's rules."""
    wire.send("PUT", wire.presign("PUT", key), body=b"secret")
    answer = wire.send("GET", wire.url(key), headers)
    assert answer.status in (400, 403)
    assert answer.headers["x-amz-id-2"] == "devstack"  # the door answered, not moto behind it


def test_a_key_that_looks_like_a_public_document_is_no_way_in(wire: Wire) -> None:
    """The JWKS path is Cognito's only where a pool would be."""
    key = "x/.well-known/jwks.json"
    wire.send("PUT", wire.presign("PUT", key), body=b"secret")
    assert wire.send("GET", wire.url(key)).code == "AccessDenied"
    assert wire.send("GET", wire.presign("GET", key)).body == b"secret"


def test_t16_sigv2_is_refused(wire: Wire, key: str) -> None:
    """T16: the old signature, botocore's default, gets a 400 that says so."""
    query = {"AWSAccessKeyId": wire.stack.access_key_id, "Signature": "s", "Expires": "2000000000"}
    answer = wire.send("GET", wire.url(key, query))
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert "AWS4-HMAC-SHA256" in answer.message


def test_two_signatures_are_one_too_many(wire: Wire, key: str) -> None:
    """Query and Authorization header together are refused."""
    headers = wire.signed_headers("GET", key)
    answer = wire.send("GET", wire.presign("GET", key), headers)
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_response_headers_are_chosen_by_the_signer_alone(wire: Wire, key: str) -> None:
    """``response-*`` works when signed; added later it spoils the signature; anonymous is a 400."""
    wire.send("PUT", wire.presign("PUT", key), body=b"x")
    query = {"response-content-disposition": 'attachment; filename="a.png"'}
    url = wire.presign("GET", key, query=query)
    answer = wire.send("GET", url)
    assert answer.headers["content-disposition"] == 'attachment; filename="a.png"'
    added = f"{wire.presign('GET', key)}&response-content-type=text/html"
    assert wire.send("GET", added).code == "SignatureDoesNotMatch"
    assert wire.send("GET", wire.url(key, query)).code == "InvalidRequest"


def test_bytes_that_are_no_utf8_name_nothing(wire: Wire) -> None:
    """``%ff`` is refused, not turned into another key."""
    answer = wire.send("GET", wire.url("users/%ff"))
    assert (answer.status, answer.code) == (400, "InvalidURI")
