"""Scoped temporary credentials: what they may do, and how long they are remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from app.aws import scoped_credentials as sts
from app.aws.clients import LazyClient
from app.aws.scoped_credentials import ScopedCredentials
from app.domain.access import Access
from app.domain.errors import StorageError, StorageUnavailable
from app.domain.paths import Root
from app.s3.bulkhead import Bulkhead
from app.signing.credentials import Credentials
from tests.gateway import ALICE, BOB, Gateway, running_gateway
from tests.stores.store import Store
from tests.stores.users import add_user

ROLE = "arn:aws:iam::123456789012:role/uploads"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ELSEWHERE = (
    f"users/{BOB}/image/x/a.png",
    f"users/{ALICE}x/image/x/a.png",
    f"users/{ALICE}/shares/made-up.json",
    f"users/{ALICE}/a.png",
    "a.png",
)
KEPT = ("image", "video", "audio", "brand_kit", "projects/p1/frame")


class FakeSts:
    """STS as `ScopedCredentials` calls it: counts, and gives each its own keys."""

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


def credentials_of(fake: FakeSts, clock: list[datetime], role: str = ROLE) -> ScopedCredentials:
    client: Any = fake
    return ScopedCredentials(
        client, role, "bucket", "eu-west-1", bulkhead=Bulkhead(1), clock=lambda: clock[0]
    )


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


def test_nobody_gets_credentials_for_more_than_they_asked_for(fake: FakeSts) -> None:
    """T48: what is remembered is remembered for its access alone."""
    given = credentials_of(fake, [NOW])
    every = [given.of(Root(ALICE), access) for access in Access]
    assert len({keys.access_key_id for keys in every}) == 3
    assert [given.of(Root(ALICE), access) for access in Access] == every
    policies = [asked["Policy"] for asked in fake.asked]
    assert ["GetObject" in policy for policy in policies] == [False, True, True]
    assert ["PutObject" in policy for policy in policies] == [True, False, True]


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
        ScopedCredentials(client, ROLE, "bucket", "eu-west-1", bulkhead=Bulkhead(1)).of(Root(ALICE))


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


def client_of(gateway: Gateway, query: str = "") -> Any:
    """A client with the credentials that Alice's browser gets."""
    answer = gateway.client_for(ALICE).get(f"/s3/sts{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    given, store = answer.json, gateway.store
    assert (given["bucket"], given["region"]) == (gateway.bucket, store.region)
    assert datetime.fromisoformat(given["credentials"]["Expiration"]) > datetime.now(UTC)
    return boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        region_name=given["region"],
        aws_access_key_id=given["credentials"]["AccessKeyId"],
        aws_secret_access_key=given["credentials"]["SecretAccessKey"],
        aws_session_token=given["credentials"]["SessionToken"],
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def scoped(sts_gateway: Gateway) -> tuple[Any, str]:
    """A client with credentials as they are without ``access``, and the bucket."""
    return client_of(sts_gateway), sts_gateway.bucket


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


def attempts(client: Any, bucket: str, key: str) -> dict[str, Callable[[], Any]]:
    """One call of each sort at a key, by the permission that it takes."""
    named = {"Bucket": bucket, "Key": key}
    folder = key.rpartition("/")[0]
    return {
        "put": lambda: client.put_object(Body=b"x", **named),
        "begin": lambda: client.create_multipart_upload(**named),
        # Its body is read: a connection that still holds one is closed by nobody.
        "get": lambda: client.get_object(**named)["Body"].read(),
        "list": lambda: client.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/"),
        "delete": lambda: client.delete_object(**named),
    }


def refused(client: Any, bucket: str, key: str) -> set[str]:
    found = set()
    for name, attempt in attempts(client, bucket, key).items():
        try:
            attempt()
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
            found.add(name)
    return found


@pytest.mark.store
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"get", "list", "delete"}),
        ("?access=write", {"get", "list", "delete"}),
        ("?access=read", {"put", "begin", "delete"}),
        ("?access=readwrite", set()),
    ],
)
def test_t48_the_store_itself_refuses_what_was_not_asked_for(
    sts_gateway: Gateway, query: str, expected: set[str]
) -> None:
    """T48: each access does what it says, in every folder."""
    writer = client_of(sts_gateway)
    reader = client_of(sts_gateway, query)
    for folder in KEPT:
        key = f"users/{ALICE}/{folder}/x/a.bin"
        writer.put_object(Bucket=sts_gateway.bucket, Key=key, Body=b"x")
        assert refused(reader, sts_gateway.bucket, key) == expected


@pytest.mark.store
@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("key", ELSEWHERE)
def test_t48_no_access_reaches_elsewhere(sts_gateway: Gateway, access: Access, key: str) -> None:
    """T48: neighbours and share records can neither be read, listed, written nor removed."""
    client = client_of(sts_gateway, f"?access={access}")
    everything = {"put", "begin", "get", "list", "delete"}
    assert refused(client, sts_gateway.bucket, key) == everything


@pytest.mark.store
@pytest.mark.parametrize(
    "prefix", ["", "users/", f"users/{ALICE}", f"users/{ALICE}/", f"users/{ALICE}/shares"]
)
def test_t48_only_folders_can_be_listed(sts_gateway: Gateway, prefix: str) -> None:
    """T48: a listing above the folders would name share records, or everybody."""
    client = client_of(sts_gateway, "?access=read")
    with pytest.raises(ClientError, match="AccessDenied"):
        client.list_objects_v2(Bucket=sts_gateway.bucket, Prefix=prefix)


def test_an_access_that_is_none_is_refused(sts_gateway: Gateway) -> None:
    """A 422 that names the parameter and what it may be."""
    for value in ("admin", "READ", "", "read,write"):
        answer = sts_gateway.client_for(ALICE).get(f"/s3/sts?access={value}")
        assert answer.status_code == 422
        [error] = answer.json["errors"]
        assert error["pointer"] == "/access"
        assert "readwrite" in error["detail"]


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
        ScopedCredentials(client, ROLE, "bucket", "eu-west-1", bulkhead=Bulkhead(1)).of(Root(ALICE))
    assert ROLE not in refused.value.detail
