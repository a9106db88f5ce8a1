"""The Python client's library: listings, playback, versions, export, erasure, by both clients."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from asset_gateway import (
    AsyncClient,
    Client,
    Erased,
    Files,
    Forbidden,
    ProblemError,
    TransferError,
    ValidationFailed,
)

from devstack.account import Stack
from devstack.edge_keys import KeyPair
from tests.client.serving import listening
from tests.coroutines import finish
from tests.gateway import Gateway, running_gateway
from tests.samples import png
from tests.stores.store import Store

PNG = png()
HOUR = timedelta(hours=1)
WEEK_SECONDS = 7 * 86_400
SEGMENT = (b"\x47" + b"\0" * 187) * 4
CDN = "https://media.example.com"


class Awaited:
    """An ``AsyncClient`` of which each call is awaited, and each listing read to its end, at once:
    one test proves both clients."""

    def __init__(self, address: str, token: str) -> None:
        self._where = address, token

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def work(*args: Any, **options: Any) -> Any:
            async with AsyncClient(*self._where) as client:
                found = getattr(client, name)(*args, **options)
                if hasattr(found, "__aiter__"):
                    return [item async for item in found]
                return await found

        return lambda *args, **options: finish(work(*args, **options))


@pytest.fixture(scope="module")
def served(front_stack: Stack, front_store: Store) -> Iterator[tuple[Gateway, str]]:
    """A gateway with versions, rules for temporary files and a CDN that nobody asks."""
    settings = KeyPair.fresh().gateway_environment(CDN) | {"EXPIRY_DAYS": "1,7"}
    with (
        running_gateway(front_store, front_stack.bucket, **settings) as gateway,
        listening(gateway) as address,
    ):
        yield gateway, address


@pytest.fixture(params=["blocking", "async"])
def client(request: pytest.FixtureRequest, served: tuple[Gateway, str]) -> Iterator[Any]:
    """A client of a user of its own."""
    gateway, address = served
    token = gateway.tokens(sub=str(uuid.uuid4()), scope="openid")
    if request.param == "async":
        yield Awaited(address, token)
        return
    with Client(address, token) as client:
        yield client


def stream(folder: Path) -> Path:
    """An HLS stream of two files."""
    folder.mkdir()
    (folder / "master.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nseg0.ts\n#EXT-X-ENDLIST\n")
    (folder / "seg0.ts").write_bytes(SEGMENT)
    return folder


def test_listings_are_narrowed_and_ordered(client: Any) -> None:
    """By kind, name, place and time, newest first, a page at a time or all of them."""
    names = ["b-song.png", "a-SONG.png", "c.png"]
    first, second, third = (client.upload(PNG, filename=name, kind="image") for name in names)
    elsewhere = client.upload(PNG, filename="d.png", kind="frame", project_id="p1")

    def listed(**filters: Any) -> list[str]:
        return [asset.path for asset in client.assets(**filters)]

    assert listed() == [first.path, second.path, third.path, elsewhere.path]
    assert listed(order="newest") == [third.path, second.path, first.path]
    assert listed(q="song") == [first.path, second.path]
    assert listed(project_id="p1") == [elsewhere.path] == listed(prefix="projects/p1/")
    now = datetime.now(UTC)
    assert listed(since=now - HOUR, until=now + HOUR, order="newest", kind="image") == [
        third.path,
        second.path,
        first.path,
    ]
    assert listed(since=now + HOUR) == [] == listed(until=f"{now - HOUR:%Y-%m-%dT%H:%M:%S}+00:00")
    page = client.page(order="newest", limit=2, sign=True)
    assert [asset.link.path for asset in page] == [third.path, second.path]
    rest = client.page(order="newest", limit=2, cursor=page.next_cursor, kind=None)
    assert [asset.path for asset in rest] == [first.path]
    assert client.projects() == ["p1"]


def test_filters_that_cannot_be_meant_are_refused(client: Any) -> None:
    """A name that there is not, before anything is sent; a time without a zone."""
    with pytest.raises(TypeError, match="knd"):
        client.page(knd="image")
    with pytest.raises(ValueError, match="zone"):
        client.page(since=datetime(2026, 11, 1))
    with pytest.raises(ValidationFailed, match="/order"):
        client.page(order="oldest")


def test_what_was_deleted_is_found_and_comes_back(client: Any) -> None:
    """In the listing of what can be restored, by its versions, and undeleted."""
    path = client.upload(PNG, filename="a.png", kind="image").path
    client.delete(path)
    [gone] = client.assets(deleted=True)
    assert gone.path == path and gone.version_id
    assert abs(datetime.now(UTC) - gone.deleted_at) < HOUR
    assert [version.deleted for version in client.versions(path)] == [True, False]
    assert client.restore(path, gone.version_id).size == len(PNG)
    assert list(client.assets(deleted=True)) == []
    moved = client.move(path, project_id="p2")
    assert (moved.kind, moved.project_id) == ("image", "p2")
    assert client.verify(moved.path).path == moved.path


def test_a_package_plays_by_one_signature(client: Any, tmp_path: Path) -> None:
    """Of its whole folder; listed as one entry; checked byte for byte as it was sent."""
    package = client.upload_folder(stream(tmp_path / "stream"), kind="video", project_id="p1")
    segment, manifest = package.assets
    playback = client.playback(manifest.path, expires_in=60)
    assert playback.url.startswith(f"{CDN}/users/") and playback.url.endswith(playback.query)
    assert "CloudFront-Policy" in playback.cookies
    assert playback.expires_at - datetime.now(UTC) <= timedelta(seconds=60)
    [entry] = client.assets(project_id="p1", group="package")
    total = segment.size + manifest.size
    assert (entry.path, entry.package) == (manifest.path, Files(2, total))
    checksum = segment.checksum_crc64nvme
    assert checksum is None or len(base64.b64decode(checksum)) == 8


def test_a_preview_stands_beside_its_asset(client: Any) -> None:
    """The answer is the asset that it is for, with a link to it."""
    asset = client.upload(PNG, filename="a.png", kind="image")
    shown = client.upload(PNG, filename="p.png", content_type="image/png", preview_for=asset.path)
    assert shown.path == asset.path
    assert shown.preview is not None
    assert client.asset(asset.path).preview.url.startswith(f"{CDN}/users/")


def test_temporary_folders_go_by_themselves(client: Any, tmp_path: Path) -> None:
    """Every file of the package says when, and a time that the bucket has no rule for leaves
    nothing."""
    folder = stream(tmp_path / "stream")
    package = client.upload_folder(folder, kind="video", expires_in=WEEK_SECONDS)
    for asset in package.assets:
        assert timedelta(days=7) < asset.expires_at - datetime.now(UTC) <= timedelta(days=8)
    with pytest.raises(ProblemError, match="/expires_in"):
        client.upload_folder(folder, kind="video", project_id="p1", expires_in=60)
    assert list(client.assets(project_id="p1")) == []


def test_all_is_exported_and_erased(client: Any) -> None:
    """Each asset comes with a link to its bytes; after the erasure there is nothing, not even
    what was deleted or begun."""
    paths = [client.upload(PNG, filename=f"{n}.png", kind="image").path for n in range(3)]
    begun: list[str] = []

    def stop(upload_id: str) -> None:
        begun.append(upload_id)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.upload(b"\0" * 17 * 2**20, filename="a.mp4", kind="video", on_begin=stop)
    exported = list(client.export())
    assert [asset.path for asset in exported] == paths
    assert all(asset.link.path == asset.path for asset in exported)
    [unfinished] = client.unfinished()
    assert unfinished.path.startswith("video/")
    client.delete(paths[0])
    # A deletion is a version, too.
    assert client.erase() == Erased(objects=4, uploads=1)
    assert list(client.export()) == list(client.assets(deleted=True)) == client.unfinished() == []
    with pytest.raises(Forbidden, match="scope"):
        client.erase(account=True)


class Exporting(httpx.BaseTransport, httpx.SyncByteStream):
    """A gateway that is busy at first, whose answer then breaks off after one line."""

    def __init__(self) -> None:
        self.asked = 0
        self.closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked == 1:
            return httpx.Response(503, headers={"retry-after": "0"}, json={"type": "/problems/x"})
        return httpx.Response(200, stream=self)

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"path":"image/a/a","key":"k","kind":"image","size":1,"filename":"a"}\n'
        raise httpx.RemoteProtocolError("the peer closed without the last chunk")

    def close(self) -> None:
        self.closed = True


def test_an_export_that_breaks_off_is_not_taken_for_whole() -> None:
    """What came is given, then it fails; a busy gateway is asked again before. Whoever reads only
    the first line leaves nothing open."""
    for whole in (True, False):
        transport = Exporting()
        http = httpx.Client(transport=transport)
        client = Client("http://gateway.example", "token", http=http)
        export = client.export()
        assert next(export).path == "image/a/a"
        if whole:
            with pytest.raises(TransferError, match="RemoteProtocolError"):
                next(export)
        else:
            assert not transport.closed
            export.close()
        assert (transport.asked, transport.closed) == (2, True)
        client.close()
        http.close()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil"])
def test_a_download_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    """Whatever name the asset is said to have."""
    asset = {"path": "image/a/a", "key": "k", "kind": "image", "size": 1, "filename": name}
    link = {"url": "http://store.example/a", "expires_at": None}

    def answer(request: httpx.Request) -> httpx.Response:
        from_store = request.url.host == "store.example"
        return (
            httpx.Response(200, content=b"x")
            if from_store
            else httpx.Response(200, json=asset | {"link": link})
        )

    folder = tmp_path / "folder"
    folder.mkdir()
    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as http,
        Client("http://gateway.example", "token", http=http) as client,
    ):
        assert client.download("image/a/a", folder) == folder / "evil"


@pytest.mark.store
def test_versions_come_back_on_another_store(swift_store: Store) -> None:
    """What was deleted is listed and restored by OpenStack Swift's versions."""
    bucket = swift_store.create_bucket(versioned=True)
    with (
        running_gateway(swift_store, bucket) as gateway,
        listening(gateway) as address,
        Client(address, gateway.tokens(sub=str(uuid.uuid4()))) as client,
    ):
        path = client.upload(PNG, filename="a.png", kind="image").path
        client.delete(path)
        assert [version.deleted for version in client.versions(path)] == [True, False]
        assert client.restore(path).size == len(PNG)
