"""What each strict store enforces, judged with botocore's signatures.

The gateway's own signer is tested against these stores, so they must first be known to refuse.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError
from mypy_boto3_s3.type_defs import CompletedMultipartUploadTypeDef, CompletedPartTypeDef

from tests.stores.oracle import presign
from tests.stores.store import Store, Strictness
from tests.stores.users import add_user

pytestmark = pytest.mark.store

BODY = b"hello"
Headers = dict[str, str]


@pytest.fixture(params=["swift_store", "juicefs_store"])
def store(request: pytest.FixtureRequest) -> Store:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Store)
    return found


@pytest.fixture
def bucket(store: Store) -> str:
    return store.create_bucket()


@pytest.fixture(scope="module")
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False) as pool:
        yield pool


def put(http: urllib3.PoolManager, url: str, body: bytes, headers: Headers | None = None) -> int:
    return http.request("PUT", url, body=body, headers=headers).status


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def test_signed_put_and_get_carry_the_bytes(
    store: Store, bucket: str, http: urllib3.PoolManager
) -> None:
    """What botocore signs is accepted, with a key that needs quoting: refusals mean something."""
    key, headers = "users/1/a b+ü😀.txt", {"content-type": "text/plain"}
    url = presign(store, "PUT", bucket, key, headers=headers)
    assert put(http, url, BODY, headers) == 200
    answer = http.request("GET", presign(store, "GET", bucket, key))
    assert (answer.status, answer.data) == (200, BODY)
    assert answer.headers["content-type"] == "text/plain"


def test_anonymous_request_is_refused(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """Without a signature nothing is read or written."""
    # To Swift it is not even S3: it answers in its own API's terms.
    refusals = (400, 403, 412)
    assert put(http, f"{store.endpoint}/{bucket}/key", BODY) in refusals
    assert http.request("GET", f"{store.endpoint}/{bucket}").status in refusals


def test_tampered_signature_is_refused(
    store: Store, bucket: str, http: urllib3.PoolManager
) -> None:
    """One changed digit of the signature is enough."""
    url = presign(store, "PUT", bucket, "key")
    tampered = url[:-1] + ("0" if url[-1] != "0" else "1")
    assert put(http, tampered, BODY) == 403
    assert put(http, url, BODY) == 200


@pytest.mark.parametrize("change", [("/key?", "/other?"), ("Expires=300", "Expires=3000")])
def test_url_for_another_request_is_refused(
    store: Store, bucket: str, http: urllib3.PoolManager, change: tuple[str, str]
) -> None:
    """A signature holds for one key and one lifetime."""
    url = presign(store, "PUT", bucket, "key")
    assert put(http, url.replace(*change), BODY) == 403


def test_other_method_is_refused(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """A signature to read does not write."""
    assert put(http, presign(store, "GET", bucket, "key"), BODY) == 403


def test_expired_url_is_refused(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """A URL dies `X-Amz-Expires` seconds after the instant it was signed for, and not before."""
    at = datetime.now(UTC) - timedelta(seconds=120)
    old = presign(store, "PUT", bucket, "key", at=at, expires_seconds=60)
    young = presign(store, "PUT", bucket, "key", at=at, expires_seconds=600)
    assert put(http, old, BODY) == 403
    assert put(http, young, BODY) == 200


@pytest.mark.parametrize("body", [BODY + b"!", BODY[:-1]], ids=["longer", "shorter"])
def test_signed_length_is_enforced(
    store: Store, bucket: str, http: urllib3.PoolManager, body: bytes
) -> None:
    """A signed content-length pins the size of the body."""
    url = presign(store, "PUT", bucket, "key", headers={"content-length": str(len(BODY))})
    assert put(http, url, body) == 403
    assert put(http, url, BODY) == 200


def test_signed_header_is_enforced(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """A signed header must come, with the value that was signed."""
    url = presign(store, "PUT", bucket, "key", headers={"content-type": "image/png"})
    assert put(http, url, BODY, {"content-type": "text/html"}) == 403
    # A missing signed header is malformed to some and mismatched to others.
    assert put(http, url, BODY) in (400, 403)
    assert put(http, url, BODY, {"content-type": "image/png"}) == 200


def test_unsigned_amz_header(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """S3 refuses an `x-amz-*` header that was not signed; so does a store that is strict here."""
    status = put(http, presign(store, "PUT", bucket, "key"), BODY, {"x-amz-meta-a": "b"})
    assert (status == 403) == (Strictness.UNSIGNED_AMZ_HEADERS in store.strict)


def test_if_none_match_on_put(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """`If-None-Match: *` lets the first PUT through and answers 412 to the second."""
    headers = {"if-none-match": "*"}
    url = presign(store, "PUT", bucket, "key", headers=headers)
    assert put(http, url, BODY, headers) == 200
    status = put(http, url, BODY, headers)
    assert (status == 412) == (Strictness.IF_NONE_MATCH in store.strict)


def test_if_none_match_on_complete(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """A multipart upload completes onto a free key only, when it asks for that."""
    client = store.client()
    statuses = []
    for _ in range(2):
        upload = client.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
        part = client.upload_part(
            Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=BODY
        )
        parts: CompletedMultipartUploadTypeDef = {
            "Parts": [{"ETag": part["ETag"], "PartNumber": 1}]
        }
        try:
            client.complete_multipart_upload(
                Bucket=bucket, Key="key", UploadId=upload, MultipartUpload=parts, IfNoneMatch="*"
            )
            statuses.append(200)
        except ClientError as error:
            statuses.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
    client.close()
    assert statuses[0] == 200
    assert (statuses[1] == 412) == (Strictness.IF_NONE_MATCH in store.strict)


def test_checksum_sha256(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """A signed `x-amz-checksum-sha256` that the body does not have is refused."""
    headers = {"x-amz-checksum-sha256": sha256(BODY)}
    url = presign(store, "PUT", bucket, "key", headers=headers)
    status = put(http, url, b"other", headers)
    assert (status == 400) == (Strictness.CHECKSUM_SHA256 in store.strict)
    assert put(http, url, BODY, headers) == 200


def test_content_md5(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """A signed Content-MD5 that the body does not have is refused."""
    digest = hashlib.md5(BODY, usedforsecurity=False).digest()
    headers = {"content-md5": base64.b64encode(digest).decode()}
    url = presign(store, "PUT", bucket, "key", headers=headers)
    assert put(http, url, b"other", headers) in (400, 422)
    assert put(http, url, BODY, headers) == 200


def test_multipart_and_server_side_copy(
    store: Store, bucket: str, http: urllib3.PoolManager
) -> None:
    """Parts of 5 MiB put by URL become one object, with its metadata, and the store copies it."""
    client = store.client()
    upload = client.create_multipart_upload(Bucket=bucket, Key="key", Metadata={"mark": "1"})
    contents = [bytes([number]) * (5 << 20) for number in (1, 2)] + [b"the end"]
    parts: list[CompletedPartTypeDef] = []
    for number, content in enumerate(contents, 1):
        query = {"partNumber": str(number), "uploadId": upload["UploadId"]}
        url = presign(store, "PUT", bucket, "key", query=query)
        answer = http.request("PUT", url, body=content)
        assert answer.status == 200
        parts.append({"PartNumber": number, "ETag": answer.headers["ETag"]})
    client.complete_multipart_upload(
        Bucket=bucket,
        Key="key",
        UploadId=upload["UploadId"],
        MultipartUpload={"Parts": parts},
    )
    client.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "key"})
    copy = client.get_object(Bucket=bucket, Key="copy")
    assert copy["Body"].read() == b"".join(contents)
    assert copy["Metadata"] == {"mark": "1"}
    client.close()


def test_versioning(store: Store) -> None:
    """A versioned bucket keeps what is overwritten, each under its version id."""
    if Strictness.VERSIONING not in store.strict:
        with pytest.raises(ClientError):
            store.create_bucket(versioned=True)
        return
    bucket, client = store.create_bucket(versioned=True), store.client()
    versions = [
        client.put_object(Bucket=bucket, Key="key", Body=body)["VersionId"] for body in (b"1", b"2")
    ]
    first = client.get_object(Bucket=bucket, Key="key", VersionId=versions[0])["Body"].read()
    assert first == b"1"
    client.delete_object(Bucket=bucket, Key="key", VersionId=versions[1])
    assert client.get_object(Bucket=bucket, Key="key")["Body"].read() == b"1"
    client.close()


def test_post_policy(store: Store, bucket: str, http: urllib3.PoolManager) -> None:
    """A POST policy binds the key and the size of the file."""
    client = store.client()
    form = client.generate_presigned_post(
        bucket, "users/1/a", Conditions=[["content-length-range", 1, len(BODY)]]
    )
    client.close()

    def post(body: bytes, **changes: str) -> int:
        fields = {**form["fields"], **changes, "file": ("a", body)}
        return http.request("POST", form["url"], fields=fields).status

    if Strictness.POST_POLICY not in store.strict:
        assert post(BODY) >= 400
        return
    assert post(BODY) == 204
    assert post(BODY + b"!") == 400
    assert post(BODY, key="users/2/a") == 403


def test_session_policy_confines_an_assumed_role(juicefs_store: Store) -> None:
    """AssumeRole gives credentials that the session policy limits to one user's prefix."""
    bucket = juicefs_store.create_bucket()
    add_user(juicefs_store, "alice", "alice-secret")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:PutObject"],
                "Resource": [f"arn:aws:s3:::{bucket}/users/1/*"],
            }
        ],
    }
    sts = boto3.client(
        "sts",
        endpoint_url=juicefs_store.endpoint,
        region_name=juicefs_store.region,
        aws_access_key_id="alice",
        aws_secret_access_key="alice-secret",
    )
    given = sts.assume_role(
        RoleArn="arn:aws:iam::123456789012:role/upload",
        RoleSessionName="alice",
        DurationSeconds=900,
        Policy=json.dumps(policy),
    )["Credentials"]
    s3 = boto3.client(
        "s3",
        endpoint_url=juicefs_store.endpoint,
        region_name=juicefs_store.region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    s3.put_object(Bucket=bucket, Key="users/1/a", Body=BODY)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=bucket, Key="users/2/a", Body=BODY)
    sts.close()
    s3.close()
