"""The Python client, blocking and async, through a gateway to strict stores."""

from __future__ import annotations

import asyncio
import inspect
import io
import os
import re
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asset_gateway import (
    AsyncClient,
    Client,
    ClientCredentials,
    Forbidden,
    GatewayError,
    InvalidToken,
    NotFound,
    ProblemError,
    TransferError,
    ValidationFailed,
)
from asset_gateway._async import Operations
from asset_gateway._sync import BlockingOperations

from tests.auth.providers.authlib_server import AuthlibProvider
from tests.auth.providers.provider import SERVICE, SERVICE_SCOPE, SERVICE_SECRET
from tests.auth.tokens import ABSENT, CLIENT_ID
from tests.client.serving import listening
from tests.coroutines import finish
from tests.gateway import ALICE, BOB, NOWHERE, Gateway, running_gateway
from tests.stores.store import Store

MIB = 1024**2
CAROL = "carol"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 2000
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
SMALL_PARTS = {"MULTIPART_THRESHOLD_BYTES": str(5 * MIB), "PART_SIZE_BYTES": str(5 * MIB)}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["swift_store", "juicefs_store"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Gateway, str]]:
    """A gateway with small parts and a back end, and its address."""
    store: Store = request.getfixturevalue(request.param)
    bucket = store.create_bucket()
    with (
        running_gateway(
            store,
            bucket,
            COGNITO_CLIENT_ID=f"{CLIENT_ID},{SERVICE}",
            SERVICE_SCOPE=SERVICE_SCOPE,
            **SMALL_PARTS,
        ) as gateway,
        listening(gateway) as address,
    ):
        yield gateway, address


@pytest.fixture
def client(served: tuple[Gateway, str]) -> Iterator[Client]:
    gateway, address = served
    with Client(address, gateway.tokens(sub=ALICE)) as client:
        yield client


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Three parts: two of 5 MiB and a shorter one."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(MP4 + os.urandom(11 * MIB))
    return path


class Faulty(httpx.BaseTransport):
    """A network on which some requests fail, as ``fails`` says of method, host and how many."""

    def __init__(self, fails: Callable[[httpx.Request, int], int | Exception | None]) -> None:
        self._wire = httpx.HTTPTransport()
        self._fails = fails
        self._lock = threading.Lock()
        self.count = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.count += 1
            fault = self._fails(request, self.count)
        if isinstance(fault, Exception):
            raise fault
        if fault is not None:
            return httpx.Response(fault)
        return self._wire.handle_request(request)

    def close(self) -> None:
        self._wire.close()


# --- uploads ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["path", "text", "bytes", "file", "middle"])
def test_whatever_has_bytes_can_be_uploaded(client: Client, tmp_path: Path, how: str) -> None:
    """A path, its text, bytes, an open file, one that was read in part already."""
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    if how in ("path", "text"):
        asset = client.upload(path if how == "path" else str(path), kind="image")
    elif how == "bytes":
        asset = client.upload(PNG, filename="a.png", kind="image", metadata={"title": "Ä"})
        assert client.asset(asset.path).metadata == {"title": "Ä"}
    else:
        with path.open("rb") as file:
            if how == "middle":
                file = io.BytesIO(b"before" + PNG)
                file.seek(6)
            asset = client.upload(file, filename="a.png", kind="image")
    assert (asset.kind, asset.size, asset.content_type) == ("image", len(PNG), "image/png")
    assert client.download(asset.path, tmp_path / "back.png").read_bytes() == PNG


def test_large_files_go_in_parts_at_once(client: Client, video: Path, tmp_path: Path) -> None:
    """Parts, progress to the last byte, and the same bytes back; memory is far below the file."""
    heard: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        asset = client.upload(
            video, kind="video", project_id="p1", on_progress=lambda *n: heard.append(n)
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    size = video.stat().st_size
    assert (asset.size, asset.project_id, heard[-1]) == (size, "p1", (size, size))
    assert [sent for sent, _ in heard] == sorted({sent for sent, _ in heard})
    assert client.download(asset.path, tmp_path).read_bytes() == video.read_bytes()
    assert peak < size


def test_passing_faults_are_not_seen(served: tuple[Gateway, str], video: Path) -> None:
    """The store and the gateway fail once or twice each, in every way; the upload arrives."""
    gateway, address = served

    def fails(request: httpx.Request, count: int) -> int | Exception | None:
        faults = {1: 503, 2: httpx.ConnectError("x"), 4: 500, 5: httpx.ReadError("x"), 6: 503}
        return faults.get(count)

    transport = Faulty(fails)
    with (
        httpx.Client(transport=transport, timeout=30) as http,
        Client(address, gateway.tokens(sub=ALICE), http=http) as client,
    ):
        heard: list[int] = []
        asset = client.upload(video, kind="video", on_progress=lambda sent, _: heard.append(sent))
    assert asset.size == heard[-1] == video.stat().st_size
    assert heard == sorted({*heard})


def test_a_put_whose_answer_was_lost_is_no_fault(served: tuple[Gateway, str]) -> None:
    """The object is there when it is sent again: what the store refuses then is this upload."""
    gateway, address = served

    class Deaf(Faulty):
        lost = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if request.method == "PUT" and not self.lost:
                self.lost = True
                answer.read()
                raise httpx.ReadError("the answer was lost")
            return answer

    with (
        httpx.Client(transport=Deaf(lambda *_: None), timeout=30) as http,
        Client(address, gateway.tokens(sub=ALICE), http=http) as client,
    ):
        assert client.upload(PNG, filename="a.png", kind="image").size == len(PNG)


def test_an_upload_goes_on_where_it_ended(served: tuple[Gateway, str], video: Path) -> None:
    """After the store was lost for good, only the parts that are missing are sent."""
    gateway, address = served
    token = gateway.tokens(sub=ALICE)

    def fails(request: httpx.Request, _: int) -> int | None:
        lost = request.method == "PUT" and request.url.params.get("partNumber") == "3"
        return 501 if lost else None

    with (
        httpx.Client(transport=Faulty(fails), timeout=30) as http,
        Client(address, token, http=http, at_once=1) as client,
        pytest.raises(TransferError) as caught,
    ):
        client.upload(video, kind="video")
    puts: list[str] = []

    def record(request: httpx.Request, _: int) -> None:
        if request.method == "PUT":
            puts.append(request.url.params["partNumber"])

    with (
        httpx.Client(transport=Faulty(record), timeout=30) as http,
        Client(address, token, http=http) as client,
    ):
        heard: list[int] = []
        asset = client.upload(
            video,
            resume=caught.value.upload_id,
            on_progress=lambda sent, _: heard.append(sent),
        )
        assert (asset.size, puts, heard[-1]) == (asset.size, ["3"], asset.size)
        with pytest.raises(ValueError, match="not the file"):
            client.upload(PNG, filename="clip.mp4", resume=caught.value.upload_id)


def test_a_folder_is_a_package(client: Client, tmp_path: Path) -> None:
    """All files of an HLS stream lie under one id, with their folders; it goes as one."""
    stream = tmp_path / "stream"
    (stream / "720p").mkdir(parents=True)
    (stream / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/i.m3u8\n")
    (stream / "720p" / "i.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nseg0.ts\n")
    for number in range(60):
        (stream / "720p" / f"seg{number}.ts").write_bytes((b"\x47" + b"\0" * 187) * 4)
    (stream / ".DS_Store").write_bytes(b"Bud1")
    (stream / ".git").mkdir()
    (stream / ".git" / "HEAD").write_text("ref")
    package = client.upload_folder(stream, kind="video", project_id="p9")
    assert [asset.filename for asset in package.assets][-2:] == ["i.m3u8", "master.m3u8"]
    assert len(package.assets) == 62
    folder = f"projects/p9/video/{package.asset_id}"
    assert {asset.path for asset in package.assets} == {
        f"{folder}/{path.relative_to(stream).as_posix()}" for path in stream.rglob("[!.]*.*")
    }
    assert client.delete_package(folder) == 62
    (stream / "720p" / "make.sh").write_text("ffmpeg")
    with pytest.raises(ProblemError, match=r"^720p/make\.sh: 415 ") as caught:
        client.upload_folder(stream, kind="video")
    assert caught.value.filename == "720p/make.sh"
    with pytest.raises(ValueError, match="no file"):
        client.upload_folder(tmp_path / "stream" / "none", kind="video")


def test_nothing_is_left_of_a_folder_that_is_refused(
    served: tuple[Gateway, str], tmp_path: Path
) -> None:
    """What was begun in parts is aborted and what arrived is removed: be it that a file is refused
    before a byte is sent, by its bytes, or that the store takes no more."""
    gateway, address = served
    film = MP4 + bytes(6 * MIB)
    for name, bad in {"declared": ("z.exe", b"MZ"), "bytes": ("z.mp4", b"MZ" * 99)}.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "a.mp4").write_bytes(film)
        (folder / bad[0]).write_bytes(bad[1])
    unsent = Faulty(lambda request, _: 501 if request.url.params.get("partNumber") == "2" else None)
    with (
        httpx.Client(transport=unsent, timeout=30) as http,
        Client(address, gateway.tokens(sub=CAROL), http=http) as broken,
        Client(address, gateway.tokens(sub=CAROL)) as client,
    ):
        for name in ("declared", "bytes"):
            with pytest.raises(ProblemError, match=r"z\."):
                client.upload_folder(tmp_path / name, kind="video", project_id="p1")
        (tmp_path / "declared" / "z.exe").unlink()
        with pytest.raises(TransferError):
            broken.upload_folder(tmp_path / "declared", kind="video")
        assert [*client.assets()] == []
        headers = {"authorization": f"Bearer {gateway.tokens(sub=CAROL)}"}
        assert httpx.get(f"{address}/v1/uploads", headers=headers).json()["items"] == []


# --- the library -----------------------------------------------------------------------------


def test_a_library_is_listed_linked_and_deleted(served: tuple[Gateway, str]) -> None:
    """Pages, links, copies, moves, shares, and what is gone."""
    gateway, address = served
    with Client(address, gateway.tokens(sub=BOB)) as client:
        paths = [client.upload(PNG, filename=f"{n}.png", kind="image").path for n in range(3)]
        assert [asset.path for asset in client.assets(kind="image")] == sorted(paths)
        page = client.page(kind="image", limit=2, sign=True)
        assert len(page) == 2
        assert [asset.link and asset.link.path for asset in page] == [asset.path for asset in page]
        rest = client.page(kind="image", limit=2, cursor=page.next_cursor)
        assert [asset.path for asset in (*page, *rest)] == sorted(paths)
        links = client.links(paths, expires_in=60, disposition="attachment")
        assert [link.path for link in links] == paths
        assert httpx.get(links[0].url).content == PNG
        copy = client.copy(paths[0], kind="frame", project_id="p1")
        moved = client.move(copy.path, kind="image", project_id="p2")
        assert (copy.kind, moved.project_id) == ("frame", "p2")
        share = client.share(paths[0], expires_in=60)
        assert [each.share_id for each in client.shares()] == [share.share_id]
        client.revoke(share.share_id)
        assert client.shares() == []
        assert client.me().prefix == f"users/{BOB}/"
        assert client.delete([*paths, paths[0]]).errors == {}
        assert client.delete_project("p2") == 1
        assert [*client.assets()] == []
        with pytest.raises(NotFound):
            client.asset(paths[0])


# --- who is asking ---------------------------------------------------------------------------


def test_t61_a_back_end_works_for_users(served: tuple[Gateway, str]) -> None:
    """T61: with the user named for one upload, or for all that follows; refused without."""
    gateway, address = served
    claims: dict[str, Any] = {"client_id": SERVICE, "scope": SERVICE_SCOPE, "username": ABSENT}
    with Client(address, gateway.tokens(sub=SERVICE, **claims)) as client:
        asset = client.upload(PNG, filename="a.png", kind="frame", project_id="p1", act_as=ALICE)
        assert asset.key.startswith(f"users/{ALICE}/projects/p1/frame/")
        with pytest.raises(Forbidden, match="X-Act-As-Sub"):
            client.me()
        alice = client.acting_for(ALICE)
        assert alice.me().sub == ALICE
        assert asset.path in {found.path for found in alice.assets(project_id="p1")}


def test_a_refused_token_is_replaced_once(served: tuple[Gateway, str]) -> None:
    """The token is asked for anew after a 401, and a second 401 is the answer."""
    gateway, address = served
    tokens = [gateway.tokens(sub=ALICE, exp=1), gateway.tokens(sub=ALICE)]
    with Client(address, lambda: tokens.pop(0) if len(tokens) > 1 else tokens[0]) as client:
        assert client.me().sub == ALICE
    with Client(address, lambda: "nobody's") as client, pytest.raises(InvalidToken):
        client.me()


def test_client_credentials_are_asked_for_once() -> None:
    """A token endpoint of a real provider; the token is kept until it is forgotten."""
    with AuthlibProvider("ES256") as provider:
        credentials = ClientCredentials(
            f"{provider.issuer}/token", SERVICE, SERVICE_SECRET, scope=SERVICE_SCOPE
        )
        first = credentials()
        assert credentials() == first
        credentials.forget()
        assert credentials() != first
        wrong = ClientCredentials(f"{provider.issuer}/token", SERVICE, "hunter2hunter2")
        with pytest.raises(GatewayError) as caught:
            wrong()
        assert "hunter2" not in str(caught.value)
        assert re.search(r"status 40[01] invalid_client", str(caught.value))
        settings = {**provider.settings(), "SERVICE_SCOPE": SERVICE_SCOPE}
        with (
            running_gateway(NOWHERE, "bucket-one", **settings) as gateway,
            listening(gateway) as address,
            Client(address, credentials, act_as=BOB) as client,
        ):
            [link] = client.links(["image/a.png"])
            assert f"/users/{BOB}/image/a.png" in link.url


def test_problems_are_exceptions(client: Client) -> None:
    """What the gateway says is in the exception: kind, sentence, the fields at fault."""
    with pytest.raises(ProblemError) as caught:
        client.upload(b"MZ" + b"\0" * 100, filename="a.exe", kind="image")
    assert (caught.value.status, caught.value.slug) == (415, "unsupported-type")
    assert caught.value.request_id
    with pytest.raises(ValidationFailed) as faults:
        client.links(["../x"])
    assert faults.value.errors[0]["pointer"] == "/paths/0"
    with pytest.raises(ValidationFailed, match="/expires_in"):
        client.upload(PNG, filename="a.png", kind="image", expires_in=86_400)


# --- asyncio ---------------------------------------------------------------------------------


def test_the_async_client_does_the_same(
    served: tuple[Gateway, str], video: Path, tmp_path: Path
) -> None:
    """Parts at once, pages, downloads, and a token that is awaited."""
    gateway, address = served

    async def token() -> str:
        return gateway.tokens(sub=ALICE)

    async def work() -> None:
        async with AsyncClient(address, token) as client:
            asset, picture = await asyncio.gather(
                client.upload(video, kind="video"),
                client.upload(PNG, filename="a.png", kind="image"),
            )
            paths = [found.path async for found in client.assets()]
            assert {asset.path, picture.path} <= {*paths}
            saved = await client.download(asset.path, tmp_path)
            assert saved.read_bytes() == video.read_bytes()
            assert (await client.delete(asset.path)).paths == (asset.path,)
            with pytest.raises(NotFound):
                await client.asset(asset.path)

    finish(work())


def test_both_clients_have_the_same_operations() -> None:
    """Names, parameters and defaults: what one does, the other does."""

    def operations(kind: type) -> dict[str, list[tuple[str, Any]]]:
        return {
            name: [(p.name, p.default) for p in inspect.signature(method).parameters.values()]
            for name, method in inspect.getmembers(kind, callable)
            if not name.startswith("_")
        }

    assert operations(BlockingOperations) == operations(Operations)


def test_the_wheel_builds_and_is_typed(tmp_path: Path) -> None:
    """`pip wheel` makes a package with its marker for type checkers, and nothing else in it."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
            *("--no-index", "--disable-pip-version-check"),
            *("--wheel-dir", str(tmp_path), str(ROOT / "client" / "python")),
        ],
        check=True,
    )
    [wheel] = tmp_path.glob("asset_gateway_client-*.whl")
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert names == {"asset_gateway", wheel.name.partition("-py3")[0] + ".dist-info"}
    assert "asset_gateway/py.typed" in zipfile.ZipFile(wheel).namelist()
