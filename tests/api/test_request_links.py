"""What whoever has the link of an upload request can do, and what not (T67, T68, T69)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.domain.actors import USER, Actor, ActorType
from app.domain.events import created
from app.signing.marks import ActorMarks
from tests.api.test_upload_requests import PNG, ask, declare, visit
from tests.gateway import SECRET, Caller, Gateway, fetch, running_gateway, send, stop_rates
from tests.samples import HTML
from tests.stores.store import Store, Strictness

pytestmark = pytest.mark.store
SIZE = 100_000


@pytest.fixture(params=["swift_gateway", "front_gateway", "juicefs_gateway"])
def gateway(request: pytest.FixtureRequest) -> Gateway:
    """On every store; JuiceFS knows no conditions."""
    found: Gateway = request.getfixturevalue(request.param)
    return found


def complete(gateway: Gateway, asked: dict[str, Any], started: dict[str, Any]) -> Any:
    return visit(gateway, f"{asked['url']}/uploads/{started['upload_id']}/complete", {}, "POST")


def assets(caller: Caller) -> list[dict[str, Any]]:
    return list(caller.get("/v1/assets").json["items"])


def test_a_stranger_sends_what_was_asked_for(gateway: Gateway, carol: Caller) -> None:
    """By one request or in parts, to the place that the owner chose."""
    asked = ask(carol, project_id="p1", max_files=2)
    opened = visit(gateway, asked["url"]).json
    assert (opened["max_files"], opened["files_left"], opened["kind"]) == (2, 2, "image")
    assert "image/png" in opened["content_types"]
    for method in ("put", "multipart"):
        answer = declare(gateway, asked, method=method)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        started = answer.json
        assert complete(gateway, asked, started).status_code == 409
        if method == "put":
            assert send(started, PNG).status in (200, 201)
        else:
            upload = f"{asked['url']}/uploads/{started['upload_id']}"
            signed = visit(gateway, f"{upload}/parts", {"part_numbers": [1]}, "POST").json
            assert fetch("PUT", signed["parts"][0]["url"], PNG).status == 200
            assert visit(gateway, upload).json["missing"] == []
        for _ in range(2):
            done = complete(gateway, asked, started)
            receipt = {"filename": "a.png", "content_type": "image/png", "size": len(PNG)}
            assert (done.status_code, done.json) == (200, receipt)
    assert visit(gateway, asked["url"]).json["files_left"] == 0
    found = assets(carol)
    assert [item["path"].split("/")[:3] for item in found] == [["projects", "p1", "image"]] * 2


def test_t67_no_more_files_than_asked_for_also_in_parallel(gateway: Gateway, carol: Caller) -> None:
    """T67: of twelve who declare at once exactly five get in; what is given up counts."""
    asked = ask(carol, max_files=5)
    with ThreadPoolExecutor(12) as strangers:
        answers = [*strangers.map(lambda _: declare(gateway, asked), range(12))]
    codes = [answer.status_code for answer in answers]
    assert (codes.count(201), codes.count(409)) == (5, 7), codes
    slugs = {a.json["type"].rpartition("/")[2] for a in answers if a.status_code == 409}
    assert slugs == {"request-full"}
    started = next(answer.json for answer in answers if answer.status_code == 201)
    upload = f"{asked['url']}/uploads/{started['upload_id']}"
    assert visit(gateway, upload, method="DELETE").status_code == 204
    assert declare(gateway, asked).status_code == 409


def test_t67_nothing_else_than_asked_for(gateway: Gateway, carol: Caller) -> None:
    """T67: no other type, size, kind, place or preview; a refusal takes nobody's place."""
    asked = ask(carol, content_types=["image/png", "image/webp"], max_bytes=len(PNG))
    for declared, status in [
        ({"content_type": "image/jpeg", "filename": "a.jpg"}, 415),
        ({"content_type": "video/mp4", "filename": "a.mp4"}, 415),
        ({"size": len(PNG) + 1}, 413),
        ({"size": 0}, 422),
        ({"kind": "video"}, 422),
        ({"project_id": "p1"}, 422),
        ({"asset_id": str(uuid.uuid4())}, 422),
        ({"preview_for": "image/x/a.png"}, 422),
        ({"metadata": {"a": "b"}}, 422),
        ({"filename": "x" * 5000}, 422),
    ]:
        assert declare(gateway, asked, **declared).status_code == status, declared
    started = declare(gateway, asked, filename="../../video/a.png").json
    assert started["path"].startswith("image/")
    assert started["path"].count("/") == 2
    bad = HTML.ljust(len(PNG))[: len(PNG)]
    assert send(started, bad).status in (200, 201)
    assert complete(gateway, asked, started).status_code == 422
    assert assets(carol) == []


def test_t67_an_upload_is_of_its_own_request(gateway: Gateway, carol: Caller, bob: Caller) -> None:
    """T67: an upload's id serves with the link that it was declared by, and nowhere else; nor does
    an ordinary id serve there."""
    asked, other, bobs = ask(carol), ask(carol), ask(bob)
    started = declare(gateway, asked).json
    upload_id, ordinary = started["upload_id"], carol.start(len(PNG))["upload_id"]
    for link, given in [(other, upload_id), (bobs, upload_id), (asked, ordinary), (asked, "x")]:
        upload = f"{link['url']}/uploads/{given}"
        assert visit(gateway, upload).status_code == 404
        assert visit(gateway, f"{upload}/complete", {}, "POST").status_code == 404
        parts = visit(gateway, f"{upload}/parts", {"part_numbers": [1]}, "POST")
        assert parts.status_code == 404
        assert visit(gateway, upload, method="DELETE").status_code == 404
    for caller in (carol, bob):
        assert caller.get(f"/v1/uploads/{upload_id}").status_code == 404


def test_t68_a_stranger_sees_and_changes_nothing_else(gateway: Gateway, carol: Caller) -> None:
    """T68: neither what the owner has nor what was sent before; no answer holds a link that reads,
    and no token of a link is one for the API."""
    before = carol.upload(PNG)
    asked = ask(carol, max_files=2)
    started = declare(gateway, asked).json
    assert send(started, PNG).status in (200, 201)
    texts = [
        visit(gateway, asked["url"]).get_data(as_text=True),
        complete(gateway, asked, started).get_data(as_text=True),
    ]
    for text in texts:
        assert "http" not in text
        assert carol.sub not in text
        assert before["asset_id"] not in text
    token = asked["url"].rpartition("/")[2]
    headers = {"Authorization": f"Bearer {token}"}
    for route in ("/v1/assets", "/v1/me", "/v1/requests"):
        assert visit(gateway, route, headers=headers).status_code == 401
    assert fetch("GET", started["url"]).status in (400, 403)
    if Strictness.IF_NONE_MATCH in gateway.store.strict:
        assert send(started, PNG).status == 412


def test_t68_answers_leak_no_link(gateway: Gateway, carol: Caller) -> None:
    """T68: no Referer, no cache, no search engine has it; errors alike."""
    asked = ask(carol)
    for answer in (
        visit(gateway, asked["url"]),
        declare(gateway, asked),
        declare(gateway, asked),
        visit(gateway, "/r/x"),
    ):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"


@pytest.fixture
def narrow(front_store: Store, front_gateway: Gateway) -> Iterator[Gateway]:
    """A gateway with a quota for three files, or for five of those whom a group allows more."""
    # Records are stored, too.
    quotas = {"QUOTA_BYTES": str(3 * SIZE + 9000), "QUOTA_BYTES_PRO": str(5 * SIZE + 9000)}
    with running_gateway(front_store, front_gateway.bucket, **quotas) as gateway:
        yield gateway


def test_t69_the_owners_quota_bounds_it(narrow: Gateway) -> None:
    """T69: what is over it takes no place; the owner's group counts."""
    for groups, most in ((["users"], 3), (["pro", "users"], 5)):
        owner = narrow.client_for(str(uuid.uuid4()), **{"cognito:groups": groups})
        asked = ask(owner, max_files=9)
        codes = [declare(narrow, asked, size=SIZE).status_code for _ in range(7)]
        assert codes == [201] * most + [413] * (7 - most)
        assert visit(narrow, asked["url"]).json["files_left"] == 9 - most
        assert owner.get("/v1/me").json["usage"]["remaining_bytes"] < SIZE


def test_t69_what_they_brought_names_the_request(gateway: Gateway, carol: Caller) -> None:
    """T69: by the seal in its mark, which serves for its own key alone."""
    asked = ask(carol)
    started = declare(gateway, asked).json
    assert send(started, PNG).status in (200, 201)
    found = gateway.app.extensions["asset-gateway"].storage.objects.head(started["key"])
    actor = ActorMarks([SECRET]).read(found.mark, found.key)
    assert actor == Actor(ActorType.REQUEST, asked["request_id"])
    assert ActorMarks([SECRET]).read(found.mark, f"{found.key}x") == USER
    said = json.loads(created(gateway.bucket, found, actor).body)["data"]["actor"]
    assert said == {"type": "request", "client_id": None, "request_id": asked["request_id"]}


def test_t69_strangers_are_limited_by_address(front_store: Store, front_gateway: Gateway) -> None:
    """T69: as everybody who is not known; the owner's own requests are not counted against it."""
    limits = {"RATE_LIMIT": "5/hour"}
    with running_gateway(front_store, front_gateway.bucket, **limits) as gateway:
        stop_rates(gateway)
        owner = gateway.client_for(str(uuid.uuid4()))
        asked = ask(owner, max_files=9)
        codes = {visit(gateway, asked["url"]).status_code for _ in range(6)}
        assert codes == {200, 429}
        assert owner.get("/v1/requests").status_code == 200
