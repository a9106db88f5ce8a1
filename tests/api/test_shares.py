"""Shares: whoever has the link, for as long as the owner wants, and nobody else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from app.domain.paths import AssetPath
from app.domain.shares import Share, ShareToken, mint_share_id
from tests.gateway import Caller, Gateway, fetch, running_gateway
from tests.samples import png
from tests.stores.store import Store

PNG = png()
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def share(caller: Caller, path: str, **more: object) -> dict[str, str]:
    response = caller.post("/v1/shares", {"path": path, **more})
    assert response.status_code == 201, response.get_data(as_text=True)
    return dict(response.json)


def visit(gateway: Gateway, url: str, **headers: str) -> TestResponse:
    """Open a share's link as a stranger."""
    return gateway.app.test_client().get(url, headers=headers)


def record_key(caller: Caller, share_id: str) -> str:
    return f"users/{caller.sub}/shares/{share_id}.json"


def read_record(gateway: Gateway, key: str) -> bytes:
    return gateway.store.client().get_object(Bucket=gateway.bucket, Key=key)["Body"].read()


def write_record(gateway: Gateway, key: str, body: bytes) -> None:
    """Write as an owner with credentials for their own prefix can."""
    gateway.store.client().put_object(Bucket=gateway.bucket, Key=key, Body=body)


def test_a_stranger_sees_what_was_shared(gateway: Gateway, carol: Caller) -> None:
    """302 to a link that opens, by the disposition that the owner chose."""
    path = carol.upload(PNG)["path"]
    shared = share(carol, path, disposition="attachment", expires_in=600)
    assert shared["path"] == path
    assert shared["url"].startswith("/s/")
    left = datetime.fromisoformat(shared["expires_at"]) - datetime.now(UTC)
    assert 590 < left.total_seconds() <= 600
    answer = visit(gateway, shared["url"])
    assert answer.status_code == 302
    seen = fetch("GET", answer.headers["Location"])
    assert (seen.status, seen.data) == (200, PNG)
    assert seen.headers["Content-Disposition"].startswith("attachment")


def test_t36_redirects_leak_nothing_and_are_not_kept(gateway: Gateway, carol: Caller) -> None:
    """T36: no Referer from it, no cache of it, no entry in a search engine; errors alike."""
    shared = share(carol, carol.upload(PNG)["path"])
    for url in (shared["url"], "/s/unknown"):
        for headers in ({}, HTML):
            answer = visit(gateway, url, **headers)
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Robots-Tag"] == "noindex"


def test_t36_revocation_is_immediate(gateway: Gateway, carol: Caller) -> None:
    """T36: after the 204 no redirect is given, though one was just before."""
    shared = share(carol, carol.upload(PNG)["path"])
    assert visit(gateway, shared["url"]).status_code == 302
    assert carol.delete(f"/v1/shares/{shared['share_id']}").status_code == 204
    assert visit(gateway, shared["url"]).status_code == 404
    assert carol.delete(f"/v1/shares/{shared['share_id']}").status_code == 404


def test_c24_a_share_answers_head_all_the_way(gateway: Gateway, carol: Caller) -> None:
    """C24: `curl -I -L`: the redirect of a HEAD leads to what answers HEAD; GET's to what plays."""
    path = carol.upload(PNG)["path"]
    url = carol.post("/v1/shares", {"path": path}).json["url"]
    looked = gateway.app.test_client().head(url)
    assert (looked.status_code, looked.data) == (302, b"")
    found = fetch("HEAD", looked.headers["Location"])
    assert (found.status, found.headers["Content-Length"]) == (200, str(len(PNG)))
    assert fetch("GET", visit(gateway, url).headers["Location"]).data == PNG


def test_t36_shares_expire(gateway: Gateway, carol: Caller) -> None:
    """T36: past its time a record that is still there opens nothing, and the list drops it."""
    path = carol.upload(PNG)["path"]
    expired = sealed_share(gateway, carol, path, expires_at=datetime.now(UTC).replace(year=2020))
    url = link_of(gateway, carol, expired)
    assert visit(gateway, url).status_code == 404
    assert carol.get("/v1/shares").json["items"] == []
    assert record_key(carol, expired) not in gateway.stored_keys()


def test_t36_a_redirect_never_outlives_its_share(gateway: Gateway, carol: Caller) -> None:
    """T36: with a minute left, the link lives a minute, not an hour."""
    shared = share(carol, carol.upload(PNG)["path"], expires_in=60)
    location = visit(gateway, shared["url"]).headers["Location"]
    assert int(location.partition("X-Amz-Expires=")[2].partition("&")[0]) <= 60


def test_t36_all_failures_look_the_same(gateway: Gateway, carol: Caller) -> None:
    """T36: unknown, tampered with, revoked, of a deleted asset: one and the same 404."""
    kept, revoked = (share(carol, carol.upload(PNG)["path"]) for _ in range(2))
    lost = share(carol, carol.upload(PNG)["path"])
    carol.delete(f"/v1/shares/{revoked['share_id']}")
    carol.delete(f"/v1/assets/{lost['path']}")
    flipped = kept["url"][:-4] + ("A" if kept["url"][-4] != "A" else "B") + kept["url"][-3:]
    bodies = set()
    for url in (revoked["url"], lost["url"], flipped, kept["url"][:-5], "/s/x", "/s/" + "a" * 7500):
        answer = visit(gateway, url)
        assert answer.status_code == 404
        assert answer.content_type == "application/problem+json"
        bodies.add(json.dumps({**answer.json, "request_id": ""}))
    assert len(bodies) == 1


def test_people_get_a_page_and_programs_a_problem(gateway: Gateway) -> None:
    """Content negotiation: a browser's Accept gets HTML that loads and runs nothing."""
    page = visit(gateway, "/s/unknown", **HTML)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "expired" in page.get_data(as_text=True)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    for accept in ("application/json", "application/problem+json", "*/*", ""):
        program = visit(gateway, "/s/unknown", Accept=accept)
        assert program.mimetype == "application/problem+json"
    assert page.headers["Vary"] == "Accept"


def test_deleting_the_asset_ends_its_shares(gateway: Gateway, carol: Caller) -> None:
    """T36: whichever way it was deleted; the asset's return does not bring them back."""
    for delete in (
        lambda path: carol.delete(f"/v1/assets/{path}"),
        lambda path: carol.post("/v1/assets/delete", {"paths": [path, "image/other.png"]}),
        lambda path: carol.delete(f"/v1/assets/{path.rpartition('/')[0]}?recursive=true"),
        lambda path: carol.post("/v1/assets/move", {"path": path, "project_id": "p"}),
    ):
        path = carol.upload(PNG)["path"]
        shared = [share(carol, path), share(carol, path)]
        other = share(carol, carol.upload(PNG)["path"])
        assert delete(path).status_code in (200, 201, 204)
        write_record(gateway, f"users/{carol.sub}/{path}", PNG)
        assert [visit(gateway, each["url"]).status_code for each in shared] == [404, 404]
        assert visit(gateway, other["url"]).status_code == 302
        assert not [
            key for each in shared for key in gateway.stored_keys() if each["share_id"] in key
        ]


def test_an_asset_deleted_by_other_means_cannot_be_opened(gateway: Gateway, carol: Caller) -> None:
    """T36: a back end or a lifecycle rule deletes: the share answers 404, not a link to nothing."""
    path = carol.upload(PNG)["path"]
    shared = share(carol, path)
    gateway.store.client().delete_object(Bucket=gateway.bucket, Key=f"users/{carol.sub}/{path}")
    assert visit(gateway, shared["url"]).status_code == 404


def test_shares_are_listed_in_pages(gateway: Gateway, carol: Caller) -> None:
    """Each once, with a link that opens; whatever else lies in the folder is left out."""
    path = carol.upload(PNG)["path"]
    made = {share(carol, path)["share_id"] for _ in range(3)}
    write_record(gateway, f"users/{carol.sub}/shares/notes.txt", b"mine")
    write_record(gateway, record_key(carol, "0" * 48), b"{}")
    listed, cursor = [], ""
    while cursor is not None:
        page = carol.get(f"/v1/shares?limit=2{cursor and '&cursor=' + cursor}").json
        listed += page["items"]
        cursor = page["next_cursor"]
    assert {item["share_id"] for item in listed} == made
    assert len(listed) == 3
    assert all(visit(gateway, item["url"]).status_code == 302 for item in listed)


def test_t13_shares_of_others_are_not_there(gateway: Gateway, alice: Caller, bob: Caller) -> None:
    """T13: neither listed nor revoked by somebody else, and the cursor is no use either."""
    path = alice.upload(PNG)["path"]
    first, _ = share(alice, path), share(alice, path)
    foreign = bob.delete(f"/v1/shares/{first['share_id']}")
    unknown = bob.delete(f"/v1/shares/{'0' * 48}")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert {**foreign.json, "request_id": 0} == {**unknown.json, "request_id": 0}
    assert visit(gateway, first["url"]).status_code == 302
    cursor = alice.get("/v1/shares?limit=1").json["next_cursor"]
    assert bob.get(f"/v1/shares?cursor={cursor}").status_code == 404
    assert first["share_id"] not in bob.get("/v1/shares").get_data(as_text=True)


@pytest.mark.parametrize("share_id", ["x", "..", "a" * 47, "A" * 48, "%2e%2e", "0" * 48 + ".json"])
def test_ids_that_are_none_are_a_404(alice: Caller, share_id: str) -> None:
    """No text but a share id becomes part of a key."""
    assert alice.delete(f"/v1/shares/{share_id}").status_code == 404


@pytest.mark.parametrize("seconds", [0, -1, 2_592_001, 1.5, "60", True, 10**30])
def test_t29_lifetimes_out_of_range_are_refused(alice: Caller, seconds: object) -> None:
    """T29: 1 to SHARE_MAX_TTL_SECONDS whole seconds; left out it is the maximum."""
    response = alice.post("/v1/shares", {"path": "image/a.png", "expires_in": seconds})
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/expires_in")


def test_a_missing_asset_cannot_be_shared(alice: Caller, bob: Caller) -> None:
    """404, for somebody else's as well; a share record or a bad path is no asset at all."""
    foreign = bob.upload(PNG)["path"]
    for path in ("image/none.png", foreign):
        assert alice.post("/v1/shares", {"path": path}).status_code == 404
    for path in ("shares/x.json", "image/../x.png", "users/x/image/a.png"):
        assert alice.post("/v1/shares", {"path": path}).status_code == 422


def test_t47_links_are_absolute_by_setting_alone(swift_store: Store) -> None:
    """T47: PUBLIC_BASE_URL makes the link absolute; the Host header never does."""
    with running_gateway(
        swift_store,
        swift_store.create_bucket(),
        PUBLIC_BASE_URL="https://gateway.example/",
        SHARE_MAX_TTL_SECONDS="100",
    ) as gateway:
        alice = gateway.client_for("alice")
        path = alice.upload(PNG)["path"]
        made = alice.post("/v1/shares", {"path": path}, headers={"Host": "evil.example"}).json
        assert made["url"].startswith("https://gateway.example/s/")
        assert visit(gateway, urlsplit(made["url"]).path).status_code == 302
        too_long = alice.post("/v1/shares", {"path": path, "expires_in": 101})
        assert too_long.status_code == 422


# What an owner with credentials for users/{sub}/ can do to the records.


def sealed_share(gateway: Gateway, owner: Caller, path: str, *, expires_at: datetime) -> str:
    """A record that this service itself wrote, with any expiry; the share's id."""
    asset = AssetPath.parse(path)
    made = Share(owner.sub, mint_share_id(asset), asset, "inline", expires_at)
    gateway.app.extensions["asset-gateway"].assets.shares._records.write(made)
    return made.share_id


def link_of(gateway: Gateway, owner: Caller, share_id: str) -> str:
    token = gateway.app.extensions["asset-gateway"].signing.share_tokens.sign(
        ShareToken(owner.sub, share_id).to_claims()
    )
    return f"/s/{token}"


@pytest.mark.parametrize(
    "forgery",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"record": null}',
        b'{"record": "\\ud800"}',
        b'{"record": "x.y.z"}',
        b"[" * 100_000,
        b'{"record": "' + b"A" * 100_000 + b'"}',
    ],
    ids=lambda body: str(body[:20]),
)
def test_t48_made_up_records_open_nothing(gateway: Gateway, carol: Caller, forgery: bytes) -> None:
    """T48: whatever the owner writes in the record's place: 404, and the list goes on."""
    shared = share(carol, carol.upload(PNG)["path"])
    write_record(gateway, record_key(carol, shared["share_id"]), forgery)
    assert visit(gateway, shared["url"]).status_code == 404
    assert carol.get("/v1/shares").json["items"] == []


def test_t48_a_record_cannot_be_changed(gateway: Gateway, carol: Caller) -> None:
    """T48: no character of the sealed record may differ."""
    shared = share(carol, carol.upload(PNG)["path"], expires_in=60)
    key = record_key(carol, shared["share_id"])
    sealed = json.loads(read_record(gateway, key))["record"]
    payload, stamp, signature = sealed.rsplit(".", 2)
    for changed in (
        f"{payload[:-1]}{'A' if payload[-1] != 'A' else 'B'}.{stamp}.{signature}",
        f"{payload}.{stamp[:-1]}{'A' if stamp[-1] != 'A' else 'B'}.{signature}",
        f"{payload}.{stamp}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
    ):
        write_record(gateway, key, json.dumps({"record": changed}).encode())
        assert visit(gateway, shared["url"]).status_code == 404


def test_t48_a_record_opens_no_other_share(gateway: Gateway, carol: Caller) -> None:
    """T48: the record of a longer share, put in a shorter one's place, prolongs nothing."""
    path = carol.upload(PNG)["path"]
    short, long = share(carol, path, expires_in=60), share(carol, path)
    body = read_record(gateway, record_key(carol, long["share_id"]))
    write_record(gateway, record_key(carol, short["share_id"]), body)
    assert visit(gateway, short["url"]).status_code == 404
    assert visit(gateway, long["url"]).status_code == 302


def test_t48_a_record_opens_no_other_users_asset(
    gateway: Gateway, alice: Caller, carol: Caller
) -> None:
    """T48: Alice's record under Carol's root, with the same id, opens neither one's asset."""
    shared = share(alice, alice.upload(PNG)["path"])
    body = read_record(gateway, record_key(alice, shared["share_id"]))
    write_record(gateway, record_key(carol, shared["share_id"]), body)
    assert visit(gateway, link_of(gateway, carol, shared["share_id"])).status_code == 404
    assert carol.get("/v1/shares").json["items"] == []


def test_t48_other_seals_are_no_tokens_and_no_records(gateway: Gateway, carol: Caller) -> None:
    """T48: no upload id, cursor or record's seal is a share's token, and no token a record."""
    path = carol.upload(PNG)["path"]
    shared = share(carol, path)
    share(carol, path)
    key = record_key(carol, shared["share_id"])
    record = json.loads(read_record(gateway, key))["record"]
    cursor = carol.get("/v1/shares?limit=1").json["next_cursor"]
    for seal in (record, cursor, carol.start(10)["upload_id"]):
        assert visit(gateway, f"/s/{seal}").status_code == 404
    token = shared["url"].removeprefix("/s/")
    write_record(gateway, key, json.dumps({"record": token}).encode())
    assert visit(gateway, shared["url"]).status_code == 404


def test_t48_no_route_reaches_a_record(alice: Caller) -> None:
    """T48: `shares/` is no path, so nothing can be uploaded, copied, restored or deleted there."""
    path = "shares/" + "0" * 48 + ".json"
    for answer in (
        alice.get(f"/v1/assets/{path}"),
        alice.delete(f"/v1/assets/{path}"),
        alice.post("/v1/assets/delete", {"paths": [path]}),
        alice.post("/v1/assets/copy", {"path": path}),
        alice.post("/v1/assets/move", {"path": path}),
        alice.post("/v1/assets/restore", {"path": path}),
        alice.get(f"/v1/versions?path={path}"),
        alice.post("/v1/links", {"paths": [path]}),
    ):
        assert answer.status_code == 422
