"""Scoped temporary credentials: what they may do, and how long they are remembered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from app.aws import scoped_credentials as sts
from app.aws.clients import LazyClient
from app.aws.scoped_credentials import MAX_POLICY_CHARS, UploadCredentials, session_policy
from app.domain.errors import StorageError, StorageUnavailable
from app.domain.paths import Root
from app.s3.bulkhead import Bulkhead
from app.signing.credentials import Credentials
from tests.gateway import ALICE, BOB, Gateway, running_gateway
from tests.stores.store import Store
from tests.stores.users import add_user

ROLE = "arn:aws:iam::123456789012:role/uploads"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEPT = ("image", "video", "audio", "brand_kit", "projects/p1/frame")


class FakeSts:
    """STS as `UploadCredentials` calls it: counts, and gives each its own keys."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def get(self) -> FakeSts:
        return self

    def assume_role(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        number = len(self.asked)
        expiration = NOW + timedelta(hours=number)
        keys = {"AccessKeyId": f"A{number}", "SecretAccessKey": "s", "SessionToken": "t"}
        return {"Credentials": {**keys, "Expiration": expiration}}


@pytest.fixture
def fake() -> FakeSts:
    return FakeSts()


def credentials_of(fake: FakeSts, clock: list[datetime], role: str = ROLE) -> UploadCredentials:
    client: Any = fake
    return UploadCredentials(
        client, role, "bucket", "eu-west-1", bulkhead=Bulkhead(1), clock=lambda: clock[0]
    )


def test_the_policy_names_the_callers_folders_and_nothing_else() -> None:
    """T48: kind folders and projects, three actions, never `shares/`."""
    policy = json.loads(session_policy("bucket", Root("abc")))
    [statement] = policy["Statement"]
    assert statement["Effect"] == "Allow"
    assert set(statement["Action"]) == {
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    }
    root = "arn:aws:s3:::bucket/users/abc/"
    folders = ("audio", "brand_kit", "image", "video", "projects")
    assert set(statement["Resource"]) == {f"{root}{folder}/*" for folder in folders}


def test_the_longest_policy_fits() -> None:
    """The longest bucket name and `sub` stay within what AWS takes as plain text."""
    policy = session_policy("b" * 63, Root("s" * 128), partition="aws-us-gov")
    assert len(policy) <= MAX_POLICY_CHARS


def test_credentials_are_remembered_until_they_are_nearly_over(fake: FakeSts) -> None:
    """T30: one AssumeRole serves a caller until a quarter hour before the end."""
    clock = [NOW]
    given = credentials_of(fake, clock)
    first = given.of(Root(ALICE))
    clock[0] = NOW + timedelta(minutes=44)
    assert given.of(Root(ALICE)) is first
    clock[0] = NOW + timedelta(minutes=45)
    assert given.of(Root(ALICE)) is not first
    assert len(fake.asked) == 2


def test_nobody_gets_anothers_credentials(fake: FakeSts) -> None:
    """Each caller has keys of their own, made under a policy of their own."""
    given = credentials_of(fake, [NOW])
    assert given.of(Root(ALICE)) != given.of(Root(BOB))
    assert ALICE in fake.asked[0]["Policy"] and ALICE not in fake.asked[1]["Policy"]


def test_memory_is_bounded(fake: FakeSts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller who asked longest ago is forgotten first."""
    monkeypatch.setattr(sts, "MAX_REMEMBERED", 2)
    given = credentials_of(fake, [NOW])
    for sub in ("a", "b", "a", "c", "a", "b"):
        given.of(Root(sub))
    assert [asked["RoleSessionName"] for asked in fake.asked] == ["u-a", "u-b", "u-c", "u-b"]


def test_session_names_are_what_sts_takes(fake: FakeSts) -> None:
    """Any `sub` gives a name of at most 64 allowed characters; the partition is the role's."""
    given = credentials_of(fake, [NOW], ROLE.replace("arn:aws:", "arn:aws-cn:"))
    given.of(Root("google:" + "1" * 100))
    assert fake.asked[0]["RoleSessionName"] == ("u-google-" + "1" * 100)[:64]
    assert "arn:aws-cn:s3:::bucket/" in fake.asked[0]["Policy"]


def test_an_unreachable_sts_is_a_503() -> None:
    """What STS is not there to say is nobody's fault but ours."""
    client = LazyClient(
        "sts", "eu-west-1", endpoint="http://127.0.0.1:9", keys=Credentials("a", "b")
    )
    with pytest.raises(StorageUnavailable):
        UploadCredentials(client, ROLE, "bucket", "eu-west-1", bulkhead=Bulkhead(1)).of(Root(ALICE))


def test_sts_is_asked_in_the_region() -> None:
    """The global endpoint's tokens do not work in every region."""
    client = LazyClient("sts", "eu-west-1", keys=Credentials("a", "b")).get()
    assert client.meta.endpoint_url == "https://sts.eu-west-1.amazonaws.com"


@pytest.fixture(
    scope="module", params=[ROLE, "arn:aws:iam:::role/uploads", "arn:minio:iam:::role/u"]
)
def sts_gateway(juicefs_store: Store, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    """A gateway whose own user may assume roles, which MinIO's root may not.

    C38: roles by the names of AWS, of Ceph and of MinIO.
    """
    bucket = juicefs_store.create_bucket()
    add_user(juicefs_store, "gateway-user", "gateway-secret")
    with running_gateway(
        juicefs_store,
        bucket,
        S3_ACCESS_KEY_ID="gateway-user",
        S3_SECRET_ACCESS_KEY="gateway-secret",
        S3_UPLOAD_ROLE_ARN=request.param,
        STS_ENDPOINT=juicefs_store.endpoint,
    ) as gateway:
        yield gateway


@pytest.fixture
def scoped(sts_gateway: Gateway) -> tuple[Any, str]:
    """A client with the credentials that Alice's browser gets, and the bucket."""
    answer = sts_gateway.client_for(ALICE).get("/s3/sts")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    given, store = answer.json, sts_gateway.store
    assert (given["bucket"], given["region"]) == (sts_gateway.bucket, store.region)
    assert datetime.fromisoformat(given["credentials"]["Expiration"]) > datetime.now(UTC)
    client = boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        region_name=given["region"],
        aws_access_key_id=given["credentials"]["AccessKeyId"],
        aws_secret_access_key=given["credentials"]["SecretAccessKey"],
        aws_session_token=given["credentials"]["SessionToken"],
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )
    return client, given["bucket"]


@pytest.mark.store
def test_the_credentials_upload_into_the_callers_folders(scoped: tuple[Any, str]) -> None:
    """Whole and in parts, in the library and in projects."""
    client, bucket = scoped
    for folder in KEPT:
        client.put_object(Bucket=bucket, Key=f"users/{ALICE}/{folder}/x/a.bin", Body=b"x")
    named = {"Bucket": bucket, "Key": f"users/{ALICE}/video/x/b.mp4"}
    named["UploadId"] = client.create_multipart_upload(**named)["UploadId"]
    client.upload_part(PartNumber=1, Body=b"x", **named)
    assert len(client.list_parts(**named)["Parts"]) == 1
    client.abort_multipart_upload(**named)


@pytest.mark.store
@pytest.mark.parametrize(
    "key",
    [
        f"users/{BOB}/image/x/a.png",
        f"users/{ALICE}x/image/x/a.png",
        f"users/{ALICE}/shares/made-up.json",
        f"users/{ALICE}/a.png",
        "a.png",
    ],
)
def test_t48_the_credentials_do_nothing_elsewhere(scoped: tuple[Any, str], key: str) -> None:
    """T48: a neighbour's prefix and the caller's own `shares/` are refused by the store itself."""
    client, bucket = scoped
    for call in (
        lambda: client.put_object(Bucket=bucket, Key=key, Body=b"x"),
        lambda: client.create_multipart_upload(Bucket=bucket, Key=key),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


@pytest.mark.store
def test_t48_the_credentials_neither_read_nor_delete(scoped: tuple[Any, str]) -> None:
    """T48: not even the caller's own objects."""
    client, bucket = scoped
    key = f"users/{ALICE}/image/x/kept.png"
    client.put_object(Bucket=bucket, Key=key, Body=b"x")
    for call in (
        lambda: client.get_object(Bucket=bucket, Key=key),
        lambda: client.delete_object(Bucket=bucket, Key=key),
        lambda: client.list_objects_v2(Bucket=bucket, Prefix=f"users/{ALICE}/"),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


@pytest.mark.store
def test_a_refusal_of_sts_says_nothing_of_it(juicefs_store: Store) -> None:
    """T46: MinIO's root may not assume roles; the problem names neither role nor reason."""
    client = LazyClient(
        "sts",
        juicefs_store.region,
        endpoint=juicefs_store.endpoint,
        keys=Credentials(juicefs_store.access_key, juicefs_store.secret_key),
    )
    with pytest.raises(StorageError) as refused:
        UploadCredentials(client, ROLE, "bucket", "eu-west-1", bulkhead=Bulkhead(1)).of(Root(ALICE))
    assert ROLE not in refused.value.detail
