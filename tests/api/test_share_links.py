"""Where a share's link leads: a page, JSON for a player, a file; of a package one folder (T64)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from app.domain.paths import AssetPath
from app.domain.shares import Share, ShareToken, mint_share_id
from devstack.account import Stack
from devstack.edge_serving import serving_edge
from devstack.testing import running_store
from tests.api.test_playback import MANIFEST, ORIGIN, PAIR, package, policy_of
from tests.gateway import Caller, Gateway, fetch, running_gateway
from tests.limits.redis_server import RedisServer
from tests.samples import png
from tests.stores.store import Store

PNG = png()
PAGE = f"{ORIGIN}/watch?from=share"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SEGMENT = b"G" + bytes(187) + b"G" + bytes(187)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store() as running:
        yield running


@pytest.fixture(scope="module")
def store(stack: Stack) -> Store:
    keys = (stack.access_key_id, stack.secret_access_key)
    return Store("moto", stack.endpoint, stack.region, *keys, frozenset())


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Iterator[str]:
    with serving_edge(stack, pairs=[PAIR], origins=[ORIGIN]) as address:
        yield address


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def gateway(store: Store, stack: Stack, edge: str, redis_server: RedisServer) -> Iterator[Gateway]:
    """With CloudFront, a page that shows shares, and a Redis."""
    settings = {"SHARE_PAGE_URL": PAGE, "REDIS_URL": redis_server.url}
    cdn = PAIR.gateway_environment(edge)
    with running_gateway(store, stack.bucket, **cdn, **settings) as running:
        yield running


def share(caller: Caller, path: str, **more: object) -> dict[str, Any]:
    response = caller.post("/v1/shares", {"path": path, **more})
    assert response.status_code == 201, response.get_data(as_text=True)
    return dict(response.json)


def visit(
    gateway: Gateway, url: str, accept: str = "*/*", method: str = "GET", **headers: str
) -> TestResponse:
    """Open a share's link as a stranger."""
    client = gateway.app.test_client()
    return client.open(url, method=method, headers={"Accept": accept, **headers})


def shown(gateway: Gateway, url: str) -> dict[str, Any]:
    """What the front end's page is told."""
    answer = visit(gateway, url, "application/json")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.json)


def test_a_page_is_told_what_to_show(gateway: Gateway, carol: Caller) -> None:
    """Name, type, size, a URL that opens and when it ends; readable from the page's origin."""
    path = carol.upload(PNG, filename="café.png")["path"]
    made = share(carol, path, note="Look! 👀", expires_in=600)
    assert (made["note"], made["max_opens"], made["opens"]) == ("Look! 👀", None, 0)
    answer = visit(gateway, made["url"], "application/json", Origin=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    ends = datetime.fromisoformat(told["expires_at"])
    assert datetime.now(UTC) < ends <= datetime.fromisoformat(made["expires_at"])
    assert fetch("GET", told["url"]).data == PNG
    assert {name: told[name] for name in told if name not in ("url", "expires_at")} == {
        "filename": "café.png",
        "content_type": "image/png",
        "size": len(PNG),
        "query": None,
        "note": "Look! 👀",
    }


def test_a_page_is_told_the_type_as_listings_tell_it(
    gateway: Gateway, store: Store, carol: Caller
) -> None:
    """By the name, also where a back end wrote the file and named no type."""
    path = f"video/{uuid.uuid4()}/clip.mp4"
    store.client().put_object(Bucket=gateway.bucket, Key=f"users/{carol.sub}/{path}", Body=b"1")
    [listed] = carol.get("/v1/assets?kind=video").json["items"]
    told = shown(gateway, share(carol, path)["url"])
    assert told["content_type"] == listed["content_type"] == "video/mp4"


@pytest.mark.parametrize(
    ("accept", "leads_to"),
    [
        (BROWSER, "page"),
        ("text/html", "page"),
        ("application/json", "json"),
        ("application/json, text/plain, */*", "json"),
        ("*/*", "file"),
        ("", "file"),
        ("image/avif,image/webp,*/*;q=0.8", "file"),
        ("application/json;q=0.1, text/html", "page"),
    ],
)
def test_each_client_gets_what_it_can_use(
    gateway: Gateway, carol: Caller, accept: str, leads_to: str
) -> None:
    """Browsers the front end's page, its script JSON, everybody else the file."""
    url = share(carol, carol.upload(PNG)["path"])["url"]
    answer = visit(gateway, url, accept)
    assert "Accept" in answer.headers["Vary"]
    if leads_to == "json":
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
    elif leads_to == "page":
        location = answer.headers["Location"]
        assert (answer.status_code, location) == (302, f"{PAGE}#{url.removeprefix('/s/')}")
    else:
        assert fetch("GET", answer.headers["Location"]).data == PNG


def test_t36_what_no_share_is_gets_no_page(gateway: Gateway) -> None:
    """T36: only a token of ours is sent on, so that nobody chooses what stands in the address."""
    assert visit(gateway, "/s/unknown", BROWSER).status_code == 404
    assert visit(gateway, "/s/unknown", "application/json").status_code == 404


def test_a_package_is_shared_by_its_manifest(gateway: Gateway, carol: Caller, edge: str) -> None:
    """The URL opens the manifest, the query every other file; other clients get the manifest."""
    path = package(carol, project_id="p1")
    asset_id = path.split("/")[-2]
    declared = {"content_type": "video/mp2t", "method": "put", "asset_id": asset_id}
    segment = carol.upload(SEGMENT, filename="720p/s0.ts", project_id="p1", **declared)
    url = share(carol, path)["url"]
    told = shown(gateway, url)
    assert (told["filename"], told["size"]) == ("master.m3u8", len(MANIFEST))
    assert fetch("GET", told["url"]).data == MANIFEST
    assert fetch("GET", f"{edge}/{segment['key']}?{told['query']}").data == SEGMENT
    assert fetch("GET", visit(gateway, url).headers["Location"]).data == MANIFEST
    assert visit(gateway, url, BROWSER).headers["Location"].startswith(PAGE)


def test_t64_a_shared_package_opens_one_folder(gateway: Gateway, carol: Caller, edge: str) -> None:
    """T64: not the package beside it, not its owner's other files, nobody else's."""
    mine, beside = package(carol), package(carol)
    other = carol.upload(PNG)["path"]
    dave = gateway.client_for(str(uuid.uuid4()))
    theirs = package(dave)
    query = shown(gateway, share(carol, mine)["url"])["query"]
    for sub, path, status in (
        (carol.sub, mine, 200),
        (carol.sub, beside, 403),
        (carol.sub, other, 403),
        (dave.sub, theirs, 403),
    ):
        assert fetch("GET", f"{edge}/users/{sub}/{path}?{query}").status == status
    [statement] = policy_of(query)["Statement"]
    folder = mine.removesuffix("master.m3u8")
    assert statement["Resource"] == f"{edge}/users/{carol.sub}/{folder}*"


def test_t64_a_packages_signature_never_outlives_its_share(gateway: Gateway, carol: Caller) -> None:
    """T64: with a minute left, the folder is open for a minute, not for an hour."""
    made = share(carol, package(carol), expires_in=60)
    told = shown(gateway, made["url"])
    [statement] = policy_of(told["query"])["Statement"]
    ends = statement["Condition"]["DateLessThan"]["AWS:EpochTime"]
    assert ends <= datetime.fromisoformat(made["expires_at"]).timestamp()
    assert told["expires_at"] <= made["expires_at"]


def test_t64_a_package_closes_like_any_share(gateway: Gateway, carol: Caller) -> None:
    """T64: revoked, deleted by its folder, or moved, it gives out no further signature."""
    for close in (
        lambda path, made: carol.delete(f"/v1/shares/{made['share_id']}"),
        lambda path, made: carol.delete(f"/v1/assets/{path.rpartition('/')[0]}?recursive=true"),
        lambda path, made: carol.post("/v1/assets/move", {"path": path, "project_id": "p"}),
    ):
        path = package(carol)
        made = share(carol, path)
        assert shown(gateway, made["url"])["query"]
        assert close(path, made).status_code in (200, 201, 204)
        for accept in ("application/json", "*/*"):
            assert visit(gateway, made["url"], accept).status_code == 404


def test_t36_head_leads_to_what_answers_head_alone(gateway: Gateway, carol: Caller) -> None:
    """T36: of a file and of a package's manifest; as it is not counted, it opens no contents."""
    for path, body in ((carol.upload(PNG)["path"], PNG), (package(carol), MANIFEST)):
        url = share(carol, path)["url"]
        location = visit(gateway, url, method="HEAD").headers["Location"]
        found = fetch("HEAD", location)
        assert (found.status, found.headers["Content-Length"]) == (200, str(len(body)))
        assert fetch("GET", location).status == 403
        assert visit(gateway, url, "application/json", method="HEAD").data == b""


def test_opens_are_counted(gateway: Gateway, carol: Caller) -> None:
    """By JSON and by redirect; the way to the page and a HEAD open nothing."""
    made = share(carol, carol.upload(PNG)["path"])
    for accept, method in (
        ("application/json", "GET"),
        ("*/*", "GET"),
        (BROWSER, "GET"),
        ("*/*", "HEAD"),
    ):
        assert visit(gateway, made["url"], accept, method).status_code in (200, 302)
    [listed] = carol.get("/v1/shares").json["items"]
    assert (listed["opens"], listed["max_opens"]) == (2, None)


def test_t36_a_share_opens_as_often_as_its_owner_said(gateway: Gateway, carol: Caller) -> None:
    """T36: the next visit is the 404 of all others, by GET and by HEAD; the list still has it."""
    made = share(carol, carol.upload(PNG)["path"], max_opens=2)
    assert [visit(gateway, made["url"]).status_code for _ in range(3)] == [302, 302, 404]
    used_up = visit(gateway, made["url"], "application/json")
    unknown = visit(gateway, "/s/unknown", "application/json")
    assert {**used_up.json, "request_id": ""} == {**unknown.json, "request_id": ""}
    assert visit(gateway, made["url"], method="HEAD").status_code == 404
    [listed] = carol.get("/v1/shares").json["items"]
    assert (listed["opens"], listed["max_opens"]) == (2, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("note", "x" * 301),
        ("note", 7),
        ("note", "\ud800"),
        ("max_opens", 0),
        ("max_opens", -1),
        ("max_opens", True),
        ("max_opens", "2"),
        ("max_opens", 1_000_001),
    ],
)
def test_odd_notes_and_numbers_are_refused(carol: Caller, name: str, value: object) -> None:
    """422 at the field."""
    response = carol.post("/v1/shares", {"path": "image/a.png", name: value})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, f"/{name}")


def test_what_a_gateway_cannot_do_it_says_at_creation(
    store: Store, stack: Stack, edge: str
) -> None:
    """A package without CloudFront, or without a page; files are shared all the same, and browsers
    led to them."""
    with running_gateway(store, stack.bucket, SHARE_PAGE_URL=PAGE) as bare:
        erin = bare.client_for(str(uuid.uuid4()))
        path, picture = package(erin), erin.upload(PNG)["path"]
        refused = erin.post("/v1/shares", {"path": path})
        assert (refused.status_code, refused.json["type"]) == (409, "/problems/cdn-not-configured")
        assert share(erin, picture)["opens"] is None
    with running_gateway(store, stack.bucket, **PAIR.gateway_environment(edge)) as pageless:
        erin = pageless.client_for(erin.sub)
        refused = erin.post("/v1/shares", {"path": path})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/path")
        assert "SHARE_PAGE_URL" in refused.json["detail"]
        location = visit(pageless, share(erin, picture)["url"], BROWSER).headers["Location"]
        assert fetch("GET", location).data == PNG


def test_t36_no_limit_is_promised_that_nobody_counts(store: Store, stack: Stack) -> None:
    """T36: without Redis `max_opens` is a 422 at creation, not a share that stays open."""
    with running_gateway(store, stack.bucket) as bare:
        erin = bare.client_for(str(uuid.uuid4()))
        path = erin.upload(PNG)["path"]
        refused = erin.post("/v1/shares", {"path": path, "max_opens": 1})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/max_opens")
        assert "REDIS_URL" in refused.json["detail"]


def test_what_was_shared_before_still_opens(store: Store, stack: Stack) -> None:
    """A manifest's record of a time with CloudFront leads to the manifest alone without."""
    with running_gateway(store, stack.bucket) as bare:
        erin = bare.client_for(str(uuid.uuid4()))
        path = AssetPath.parse(package(erin))
        ends = datetime.now(UTC).replace(microsecond=0, year=datetime.now(UTC).year + 1)
        made = Share(erin.sub, mint_share_id(path), path, "inline", ends)
        services = bare.app.extensions["asset-gateway"]
        services.assets.shares._records.write(made)
        token = services.signing.share_tokens.sign(ShareToken(erin.sub, made.share_id).to_claims())
        told = shown(bare, f"/s/{token}")
        assert told["query"] is None
        assert fetch("GET", told["url"]).data == MANIFEST
        assert urlsplit(told["url"]).netloc == urlsplit(stack.endpoint).netloc
