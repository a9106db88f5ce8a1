"""Upload requests as their owner has them: asked for, listed, revoked, and never forged."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.assets import request_records
from tests.gateway import Caller, Gateway, running_gateway
from tests.samples import png
from tests.stores.store import Store

PNG = png()


@pytest.fixture
def dave(gateway: Gateway) -> Caller:
    """Somebody else."""
    return gateway.client_for(str(uuid.uuid4()))


def ask(caller: Caller, **terms: Any) -> dict[str, Any]:
    """Ask for files; the request."""
    answer = caller.post("/v1/requests", {"kind": "image", **terms})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.json)


def visit(gateway: Gateway, url: str, body: Any = None, method: str = "GET", **more: Any) -> Any:
    """As a stranger does, with the link alone."""
    options = {"json": body} if body is not None else {}
    return gateway.app.test_client().open(url, method=method, **options, **more)


def declare(gateway: Gateway, asked: dict[str, Any], **declared: Any) -> Any:
    body = {"filename": "a.png", "content_type": "image/png", "size": len(PNG), **declared}
    return visit(gateway, f"{asked['url']}/uploads", body, "POST")


def record_key(caller: Caller, request_id: str) -> str:
    return f"users/{caller.sub}/shares/requests/{request_id}.json"


def records(gateway: Gateway, caller: Caller) -> list[str]:
    prefix = f"users/{caller.sub}/shares/"
    return [key for key in gateway.stored_keys() if key.startswith(prefix) and key[-1] != "/"]


def test_what_is_asked_for_is_listed(gateway: Gateway, carol: Caller) -> None:
    """With its terms, its link, and how many files were declared; canonical types, each once."""
    terms = {
        "kind": "video",
        "project_id": "p1",
        "content_types": ["video/mp4", "VIDEO/MP4; codecs=avc1"],
        "max_bytes": 5000,
        "max_files": 3,
        "expires_in": 600,
        "note": "The wedding, please",
    }
    asked = ask(carol, **terms)
    left = datetime.fromisoformat(asked["expires_at"]) - datetime.now(UTC)
    assert 590 < left.total_seconds() <= 600
    expected = terms | {"content_types": ["video/mp4"], "files": 0}
    del expected["expires_in"]
    assert {name: asked[name] for name in expected} == expected
    film = {"filename": "a.mp4", "content_type": "video/mp4"}
    assert declare(gateway, asked, **film).status_code == 201
    [item] = carol.get("/v1/requests").json["items"]
    assert item == asked | {"url": item["url"], "files": 1}
    assert visit(gateway, item["url"]).json["files_left"] == 2


def test_pages_of_requests_lose_none(gateway: Gateway, carol: Caller) -> None:
    """However short, and with files beside them; shares stay apart."""
    path = carol.upload(PNG)["path"]
    shared = {carol.post("/v1/shares", {"path": path}).json["share_id"] for _ in range(3)}
    asked = [ask(carol, max_files=2) for _ in range(3)]
    assert declare(gateway, asked[1]).status_code == 201
    for what, wanted in (("requests", {each["request_id"] for each in asked}), ("shares", shared)):
        for limit in (1, 2, 100):
            found, cursor = [], ""
            for _ in range(20):
                page = carol.get(f"/v1/{what}?limit={limit}{cursor}").json
                found += [each[f"{what[:-1]}_id"] for each in page["items"]]
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
            assert (len(found), {*found}) == (3, wanted)
    assert carol.post("/v1/assets/delete", {"paths": [path, "image/x.png"]}).json["errors"] == []
    assert carol.get("/v1/shares").json["items"] == []
    assert len(carol.get("/v1/requests").json["items"]) == 3


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        ({"kind": "frame"}, "/kind"),
        ({"kind": "brand_kit", "project_id": "p1"}, "/kind"),
        ({"kind": "shares"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"project_id": "../x"}, "/project_id"),
        ({"content_types": ["video/mp4"]}, "/content_types/0"),
        ({"content_types": ["image/png", "text/html"]}, "/content_types/1"),
        ({"content_types": ["application/octet-stream"]}, "/content_types/0"),
        ({"content_types": ["image/png"] * 33}, "/content_types"),
        ({"max_bytes": 0}, "/max_bytes"),
        ({"max_bytes": 10**15}, "/max_bytes"),
        ({"max_files": 0}, "/max_files"),
        ({"max_files": 1001}, "/max_files"),
        ({"max_files": True}, "/max_files"),
        ({"expires_in": 0}, "/expires_in"),
        ({"expires_in": 10**9}, "/expires_in"),
        ({"note": "x" * 301}, "/note"),
        ({"sub": "bob"}, "/sub"),
    ],
)
def test_what_makes_no_sense_is_refused(
    gateway: Gateway, carol: Caller, terms: dict[str, Any], pointer: str
) -> None:
    """With the place of the fault; nothing is written."""
    answer = carol.post("/v1/requests", {"kind": "image", **terms})
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert answer.json["errors"][0]["pointer"] == pointer
    assert records(gateway, carol) == []


def test_t66_revocation_is_immediate(gateway: Gateway, carol: Caller, dave: Caller) -> None:
    """T66: nothing is opened, declared or completed by the link any more, and nothing of it is
    left; nobody else can revoke it."""
    asked = ask(carol)
    started = declare(gateway, asked).json
    request_id = asked["request_id"]
    for other in (dave.delete(f"/v1/requests/{request_id}"), carol.delete("/v1/requests/x")):
        assert other.status_code == 404
    assert dave.get("/v1/requests").json["items"] == []
    assert carol.delete(f"/v1/requests/{request_id}").status_code == 204
    assert records(gateway, carol) == []
    upload = f"{asked['url']}/uploads/{started['upload_id']}"
    for answer in (
        visit(gateway, asked["url"]),
        declare(gateway, asked),
        visit(gateway, upload),
        visit(gateway, f"{upload}/complete", {}, "POST"),
        visit(gateway, upload, method="DELETE"),
    ):
        assert answer.status_code == 404
    assert carol.delete(f"/v1/requests/{request_id}").status_code == 404


def test_t66_requests_expire(
    gateway: Gateway, carol: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T66: nothing more is declared; what was may be completed for a day, then all of it goes."""
    asked = ask(carol, expires_in=600)
    started = declare(gateway, asked).json
    upload = f"{asked['url']}/uploads/{started['upload_id']}"
    kept = gateway.app.extensions["asset-gateway"].assets.upload_requests._records
    ends = datetime.fromisoformat(asked["expires_at"])
    monkeypatch.setattr(kept, "_clock", lambda: ends - timedelta(seconds=1))
    assert visit(gateway, asked["url"]).status_code == 200
    monkeypatch.setattr(kept, "_clock", lambda: ends)
    assert visit(gateway, asked["url"]).status_code == 404
    assert declare(gateway, asked).status_code == 404
    assert visit(gateway, upload).status_code == 200
    assert carol.get("/v1/requests").json["items"] == []
    assert len(records(gateway, carol)) == 2
    monkeypatch.setattr(kept, "_clock", lambda: ends + request_records.GRACE)
    assert visit(gateway, upload).status_code == 404
    assert carol.get("/v1/requests").json["items"] == []
    assert records(gateway, carol) == []


def test_t66_an_owner_cannot_forge_a_record(gateway: Gateway, carol: Caller, dave: Caller) -> None:
    """T66: a record that is made up, changed, or another one's lets nobody in, though its owner can
    write there with credentials for the store."""
    store, bucket = gateway.store.client(), gateway.bucket
    asked, other, others = ask(carol), ask(carol, max_files=9), ask(dave)
    key = record_key(carol, asked["request_id"])

    def put(body: bytes) -> None:
        store.put_object(Bucket=bucket, Key=key, Body=body)

    def read(caller: Caller, request_id: str) -> bytes:
        found = store.get_object(Bucket=bucket, Key=record_key(caller, request_id))
        return bytes(found["Body"].read())

    own = read(carol, asked["request_id"])
    token = asked["url"].rpartition("/")[2]
    for body in (
        read(carol, other["request_id"]),
        read(dave, others["request_id"]),
        own.replace(b'"record": "', b'"record": "A'),
        json.dumps({"record": token}).encode(),
        json.dumps({"max_files": 1000}).encode(),
        b"[]",
        b"",
        own[:-1].ljust(10_000) + b"}",
    ):
        put(body)
        assert visit(gateway, asked["url"]).status_code == 404, body
        assert declare(gateway, asked).status_code == 404
    put(own)
    assert visit(gateway, asked["url"]).status_code == 200


def test_t66_no_other_token_opens_a_request(gateway: Gateway, carol: Caller) -> None:
    """T66: a share's, an upload's, an altered one; nor does a request's open a share."""
    asked = ask(carol)
    path = carol.upload(PNG)["path"]
    share = carol.post("/v1/shares", {"path": path}).json["url"].rpartition("/")[2]
    token = asked["url"].rpartition("/")[2]
    upload = declare(gateway, asked).json["upload_id"]
    for other in (share, upload, token[:-1], f"A{token[1:]}", "x", "x" * 8000):
        assert visit(gateway, f"/r/{other}").status_code == 404, other
    assert visit(gateway, f"/s/{token}").status_code == 404


def test_a_page_takes_the_files(swift_store: Store, gateway: Gateway) -> None:
    """Browsers are led to it with the token in the fragment, programs get JSON; the page's origin
    has to be let in."""
    page = "https://app.example.com/send"
    with running_gateway(swift_store, gateway.bucket, REQUEST_PAGE_URL=page) as other:
        asked = ask(other.client_for(str(uuid.uuid4())))
        token = asked["url"].rpartition("/")[2]
        html = {"Accept": "text/html,*/*;q=0.8"}
        answer = visit(other, asked["url"], headers=html)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{page}#{token}")
        assert visit(other, "/r/x", headers=html).status_code == 404
        json_answer = visit(other, asked["url"], headers={"Accept": "application/json"})
        assert json_answer.status_code == 200
    assert visit(gateway, "/r/x", headers=html).mimetype == "text/html"
