"""Copies past S3's limit for one request, in parts; on stores, with a lowered threshold."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from app.domain.copies import Copy, Destination, is_package, plan_copy, plan_return, relocate
from app.domain.errors import (
    AlreadyExists,
    NotFound,
    Problem,
    StorageError,
    StorageUnavailable,
    ValidationFailed,
)
from app.domain.kinds import Kind
from app.domain.limits import MAX_PART_BYTES
from app.domain.parts import PartPlan
from app.domain.paths import AssetPath, Root
from app.s3.client import S3Client
from app.s3.copies import PART_BYTES, Copier
from app.s3.operations import COPY_OBJECT, COPY_PART, Operation
from app.services.storage import Storage
from tests.gateway import Gateway

MIB = 1024**2
BODY = os.urandom(11 * MIB)
LIMITS: Mapping[Kind, int] = {}


@pytest.fixture(params=["swift", "juicefs", "front"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    found: Gateway = request.getfixturevalue(f"{request.param}_gateway")
    return found


def storage(gateway: Gateway) -> Storage:
    found: Storage = gateway.app.extensions["asset-gateway"].storage
    return found


@pytest.fixture
def copier(gateway: Gateway) -> Copier:
    """Copies more than 5 MiB in parts of 5 MiB, the least that S3 takes."""
    found = storage(gateway)
    return Copier(
        found.objects,
        found.multipart,
        found.deleter,
        threshold_bytes=5 * MIB,
        part_bytes=5 * MIB,
    )


@pytest.fixture
def root() -> Root:
    return Root(str(uuid.uuid4()))


@pytest.fixture
def planned(gateway: Gateway, root: Root) -> Copy:
    """A copy of 11 MiB, to be made."""
    path = AssetPath.parse("video/größe a+b.mp4")
    gateway.store.client().put_object(
        Bucket=gateway.bucket,
        Key=root.key(path),
        Body=BODY,
        ContentType="video/mp4",
        Metadata={"job": "1"},
    )
    source = storage(gateway).objects.head(root.key(path))
    target = AssetPath.parse(f"projects/p/video/{uuid.uuid4()}/größe a+b.mp4")
    return plan_copy(source, root, target, mark="fresh", max_bytes=LIMITS)


def unfinished(gateway: Gateway, root: Root) -> int:
    return len(storage(gateway).multipart.list_uploads(root.prefix).uploads)


def keys(gateway: Gateway, root: Root) -> list[str]:
    """The user's keys; without the empty folders of JuiceFS, which is a file system."""
    found = [key for key in gateway.stored_keys() if key.startswith(root.prefix)]
    return [key for key in found if not key.endswith("/")]


def test_a_large_object_is_copied_in_parts(
    gateway: Gateway, copier: Copier, planned: Copy, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three parts make the same bytes; type, cache time, metadata and mark are the plan's."""
    asked: list[Operation] = []
    ask = S3Client.ask

    def record(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        asked.append(operation)
        return ask(self, operation, key, **options)

    monkeypatch.setattr(S3Client, "ask", record)
    copier.copy([planned])
    assert asked.count(COPY_PART) == 3
    assert COPY_OBJECT not in asked
    stored = gateway.store.client().get_object(Bucket=gateway.bucket, Key=planned.key)
    assert hashlib.sha256(stored["Body"].read()).digest() == hashlib.sha256(BODY).digest()
    assert stored["ContentType"] == "video/mp4"
    assert stored["CacheControl"] == "max-age=86400"
    assert stored["Metadata"] == {"job": "1", "upload": "fresh"}
    assert unfinished(gateway, root) == 0


def test_a_part_that_fails_leaves_nothing(
    gateway: Gateway, copier: Copier, planned: Copy, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload is aborted, the source untouched."""
    ask = S3Client.ask

    def fail(self: S3Client, operation: Operation, key: str = "", **options: Any) -> Any:
        if operation is COPY_PART and options["query"]["partNumber"] == "2":
            raise StorageError
        return ask(self, operation, key, **options)

    monkeypatch.setattr(S3Client, "ask", fail)
    with pytest.raises(StorageError):
        copier.copy([planned])
    assert unfinished(gateway, root) == 0
    assert keys(gateway, root) == [planned.source.key]


@pytest.mark.parametrize("size", [MIB, 11 * MIB])
def test_a_source_that_has_changed_is_not_copied(
    swift_gateway: Gateway, root: Root, size: int
) -> None:
    """Pinned by ETag, in one request and in parts; with parts, no mixture of two versions."""
    path = AssetPath.parse("video/a.mp4")
    client, found = swift_gateway.store.client(), storage(swift_gateway)
    put: Callable[..., Any] = client.put_object
    place = {"Bucket": swift_gateway.bucket, "Key": root.key(path), "ContentType": "video/mp4"}
    put(**place, Body=BODY[:size])
    source = found.objects.head(root.key(path))
    put(**place, Body=BODY[: size - 1])
    target = AssetPath.parse(f"video/{uuid.uuid4()}/a.mp4")
    copier = Copier(
        found.objects, found.multipart, found.deleter, threshold_bytes=5 * MIB, part_bytes=5 * MIB
    )
    with pytest.raises(StorageUnavailable):
        copier.copy([plan_copy(source, root, target, mark="m", max_bytes=LIMITS)])
    assert keys(swift_gateway, root) == [root.key(path)]
    assert unfinished(swift_gateway, root) == 0


def assert_nothing_is_overwritten(gateway: Gateway, copier: Copier, planned: Copy) -> None:
    client = gateway.store.client()
    client.put_object(Bucket=gateway.bucket, Key=planned.key, Body=b"mine")
    with pytest.raises(AlreadyExists):
        copier.copy([planned])
    stored = client.get_object(Bucket=gateway.bucket, Key=planned.key)["Body"].read()
    assert stored == b"mine"


def test_a_copy_in_parts_never_overwrites(
    gateway: Gateway, copier: Copier, planned: Copy, root: Root
) -> None:
    """What is at the destination stays as it is, whether or not the store knows If-None-Match."""
    assert_nothing_is_overwritten(gateway, copier, planned)
    assert unfinished(gateway, root) == 0


@pytest.mark.parametrize("gateway", ["swift", "front"], indirect=True)
def test_a_copy_never_overwrites(gateway: Gateway, planned: Copy) -> None:
    """The same in one request, where the store knows a condition or refuses it. JuiceFS ignores it;
    there, only the fresh asset id keeps copies apart."""
    assert_nothing_is_overwritten(gateway, storage(gateway).copier, planned)


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_copy_that_an_earlier_try_made_is_made(
    gateway: Gateway, copier: Copier, planned: Copy, root: Root, in_parts: bool
) -> None:
    """What is asked again after a lost answer is known by the mark of the object that is there."""
    again = copier if in_parts else storage(gateway).copier
    for _ in range(2):
        again.copy([planned])
    assert sorted(keys(gateway, root)) == sorted([planned.source.key, planned.key])
    assert unfinished(gateway, root) == 0


def test_a_large_old_version_comes_back_in_parts(front_gateway: Gateway, root: Root) -> None:
    """Past the limit, restoring replaces what is on top, as it does below."""
    path = AssetPath.parse("video/a.mp4")
    found, client = storage(front_gateway), front_gateway.store.client()
    place: dict[str, Any] = {"Bucket": front_gateway.bucket, "Key": root.key(path)}
    old = client.put_object(**place, Body=BODY, ContentType="video/mp4")["VersionId"]
    client.put_object(**place, Body=b"new", ContentType="video/mp4")
    version = found.objects.head(root.key(path), old)
    copier = Copier(
        found.objects, found.multipart, found.deleter, threshold_bytes=5 * MIB, part_bytes=5 * MIB
    )
    copier.copy([plan_return(version, path, mark="m")])
    assert client.head_object(**place)["ContentLength"] == len(BODY)
    assert len(found.versions.of(root.key(path))) == 3


def test_what_is_not_there_is_not_found(swift_gateway: Gateway, root: Root) -> None:
    """One of several sources is missing: NotFound, as for none at all."""
    copier: Copier = storage(swift_gateway).copier
    for sources in ([], [f"{root.prefix}image/a.png"], [f"{root.prefix}image/{n}" for n in "ab"]):
        with pytest.raises(NotFound):
            copier.look(sources, 16)


def test_parts_are_short_and_fit_the_largest_object() -> None:
    """S3 copies 128 MiB in a second or two, and the largest object it has fits into its parts."""
    assert PART_BYTES == 128 * 1024**2
    largest = PartPlan.of(10_000 * MAX_PART_BYTES, PART_BYTES)
    assert largest.part_size <= MAX_PART_BYTES


ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"video/{ID}", True),
        (f"video/{ID}/master.m3u8", True),
        (f"video/{ID}/Manifest.MPD", True),
        (f"video/{ID}/720p/index.m3u8", False),
        (f"video/{ID}/clip.mp4", False),
        ("video/folder/master.m3u8", False),
        ("video/master.m3u8", False),
        ("video/clip.mp4", False),
    ],
)
def test_what_stands_for_a_package(path: str, expected: bool) -> None:
    """The folder of an asset id, or the manifest right below it; no other file or folder."""
    assert is_package(AssetPath.parse(path)) is expected


def test_the_manifest_stands_for_its_package() -> None:
    """Of several playlists the master, of the top folder; without any, the first file."""
    new = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

    def main(*names: str) -> str:
        files = [AssetPath.parse(f"video/{ID}/{name}") for name in names]
        folder = AssetPath.parse(f"video/{ID}")
        found = relocate(folder, files, Destination(None, "p"), asset_id=new)
        return found.main.text.removeprefix(f"projects/p/video/{new}/")

    assert main("720p/index.m3u8", "audio.m3u8", "master.m3u8", "a.ts") == "master.m3u8"
    assert main("720p/a.ts", "720p/master.m3u8", "stream.mpd") == "stream.mpd"
    assert main("b.ts", "a.ts") == "a.ts"


def test_a_copys_key_must_fit(gateway: Gateway, planned: Copy, root: Root) -> None:
    """A name that fits the library but not a project's longer folder: 422, before any request."""
    name = "x" * (1024 - len(root.prefix) - len("video/.mp4"))
    path = AssetPath.parse(f"video/{name}.mp4")
    with pytest.raises(Problem) as failure:
        target = relocate(path, [path], Destination(None, "p"), asset_id=ID).main
        plan_copy(planned.source, root, target, mark="m", max_bytes=LIMITS)
    assert isinstance(failure.value, ValidationFailed)
