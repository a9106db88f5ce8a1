"""``/v1/me``: limits and usage, export, erasure, the end of the account."""

from __future__ import annotations

import json
import tracemalloc
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from app.domain.kinds import Kind
from app.domain.policy import RULES
from devstack.account import Stack
from tests.gateway import Caller, Gateway, fetch, running_gateway, send
from tests.samples import png
from tests.stores.store import Store

PNG = png()
PASSWORD = "Erase-me-1!"


@pytest.fixture
def carol(front_gateway: Gateway) -> Caller:
    """A new user on a bucket with versions."""
    return front_gateway.client_for(str(uuid.uuid4()))


@pytest.fixture(scope="module")
def limited(front_store: Store, front_stack: Stack) -> Iterator[Gateway]:
    """A gateway with quotas."""
    with running_gateway(
        front_store,
        front_stack.bucket,
        QUOTA_BYTES=str(10 * len(PNG)),
        QUOTA_BYTES_STUDIO=str(20 * len(PNG)),
    ) as gateway:
        yield gateway


def remains_of(gateway: Gateway, sub: str) -> dict[str, int]:
    """What the bucket itself still knows below the user's root."""
    client, below = gateway.store.client(), {"Bucket": gateway.bucket, "Prefix": f"users/{sub}/"}
    versions = client.list_object_versions(**below)
    return {
        "versions": len(versions.get("Versions", [])),
        "markers": len(versions.get("DeleteMarkers", [])),
        "uploads": len(client.list_multipart_uploads(**below).get("Uploads", [])),
    }


def erase(caller: Caller, query: str = "") -> dict[str, Any]:
    response = caller.delete(f"/v1/me/data{query}")
    assert response.status_code == 200, response.get_data(as_text=True)
    return dict(response.json)


def test_me_names_the_caller_the_limits_and_the_usage(carol: Caller, gateway: Gateway) -> None:
    """The documented members, with usage by kind and project that follows what is done."""
    me = carol.get("/v1/me").json
    assert (me["sub"], me["prefix"]) == (carol.sub, f"users/{carol.sub}/")
    assert me["username"] == "alice"
    assert me["scopes"] == ["aws.cognito.signin.user.admin"]
    assert me["groups"] == []
    assert me["limits"]["image"]["max_bytes"] == 50 * 1024**2
    assert me["limits"]["image"]["content_types"] == sorted(RULES[Kind.IMAGE].canonical_types)
    assert "image/jpg" not in me["limits"]["image"]["content_types"]
    assert set(me["limits"]) == {"audio", "image", "video", "brand_kit", "frame"}
    assert me["usage"]["bytes"] == 0
    assert me["usage"]["quota_bytes"] is None
    assert me["usage"]["remaining_bytes"] is None
    asset = carol.upload(PNG)
    carol.upload(PNG, kind="frame", project_id="p1")
    usage = carol.get("/v1/me").json["usage"]
    assert (usage["bytes"], usage["objects"]) == (2 * len(PNG), 2)
    assert usage["by_kind"]["image"] == {"bytes": len(PNG), "objects": 1}
    assert usage["by_kind"]["frame"] == {"bytes": len(PNG), "objects": 1}
    assert usage["by_project"] == {"p1": {"bytes": len(PNG), "objects": 1}}
    carol.delete(f"/v1/assets/{asset['path']}")
    carol.upload(PNG)
    assert carol.get("/v1/me").json["usage"]["objects"] == 2


def test_names_off_the_grammar_count_and_are_erased(carol: Caller, front_gateway: Gateway) -> None:
    """Shares and whatever else lies below the root."""
    client = front_gateway.store.client()
    for name in ("shares/x.json", "stray", "projects/p1/stray", "image/a b/\u200b"):
        client.put_object(
            Bucket=front_gateway.bucket, Key=f"users/{carol.sub}/{name}", Body=b"12345"
        )
    usage = carol.get("/v1/me").json["usage"]
    assert (usage["bytes"], usage["objects"]) == (20, 4)
    assert usage["by_kind"]["other"]["objects"] == 3
    assert carol.get("/v1/me/export").data == b""
    assert erase(carol)["deleted_objects"] == 4
    assert remains_of(front_gateway, carol.sub) == {"versions": 0, "markers": 0, "uploads": 0}


def test_the_export_is_a_line_for_each_asset_with_a_working_link(carol: Caller) -> None:
    """NDJSON with all assets, and each link opens the bytes."""
    paths = {carol.upload(PNG, filename=f"{name}.png")["path"] for name in ("a", "b", "ü")}
    answer = carol.get("/v1/me/export")
    assert answer.content_type == "application/x-ndjson"
    assert answer.headers["Cache-Control"] == "no-store"
    assets = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert {asset["path"] for asset in assets} == paths
    for asset in assets:
        assert fetch("GET", asset["link"]["url"]).data == PNG


def test_the_export_does_not_grow_with_what_is_exported(
    carol: Caller, front_gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty pages take no more memory than five: one page is there at a time."""
    listing = front_gateway.app.extensions["asset-gateway"].storage.listings
    page = listing.page(f"users/{carol.sub}/")
    assert not page.objects
    carol.upload(PNG)
    full = listing.page(f"users/{carol.sub}/")._replace(next_token="more")
    full = full._replace(objects=full.objects * 200)

    def peak(pages: int) -> int:
        left = iter([full] * (pages - 1) + [full._replace(next_token=None)])
        monkeypatch.setattr(type(listing), "page", lambda *_, **__: next(left))
        answer = carol.get("/v1/me/export", buffered=False)
        tracemalloc.start()
        try:
            lines = sum(chunk.count(b"\n") for chunk in answer.iter_encoded())
            assert lines == pages * 200
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(2)
    assert peak(50) < 1.5 * peak(5)


def test_t44_erasure_takes_everything_of_one_user_and_nothing_else(
    carol: Caller, front_gateway: Gateway
) -> None:
    """T44: objects, old versions, delete markers, unfinished uploads, shares; proven by listing."""
    neighbours = [carol.sub + "0", carol.sub[:-1]]
    for sub in neighbours:
        front_gateway.client_for(sub).upload(PNG)
    carol.upload(PNG)
    deleted = carol.upload(PNG)
    carol.delete(f"/v1/assets/{deleted['path']}")
    carol.start(30 * 1024**2, filename="a.mp4", content_type="video/mp4", method="multipart")
    share = carol.post("/v1/shares", {"path": carol.upload(PNG)["path"]})
    assert share.status_code == 201
    before = remains_of(front_gateway, carol.sub)
    assert before == {"versions": 4, "markers": 1, "uploads": 1}
    assert erase(carol) == {"deleted_objects": 5, "aborted_uploads": 1, "complete": True}
    assert remains_of(front_gateway, carol.sub) == {"versions": 0, "markers": 0, "uploads": 0}
    assert erase(carol) == {"deleted_objects": 0, "aborted_uploads": 0, "complete": True}
    for sub in neighbours:
        assert remains_of(front_gateway, sub)["versions"] == 1
    assert front_gateway.app.test_client().get(share.json["url"]).status_code == 404
    assert carol.get("/v1/me").json["usage"]["bytes"] == 0


def test_t44_erasure_is_bounded_and_goes_on_where_it_stopped(
    carol: Caller, front_gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T44: a call does its part and says that there is more."""
    monkeypatch.setattr("app.assets.erasure.MAX_BATCHES", 1)
    carol.upload(PNG)
    assert erase(carol) == {"deleted_objects": 1, "aborted_uploads": 0, "complete": False}
    assert erase(carol) == {"deleted_objects": 0, "aborted_uploads": 0, "complete": True}


def test_erasure_works_without_versions(alice: Caller, gateway: Gateway) -> None:
    """On Swift, whose bucket keeps none."""
    dora = gateway.client_for(str(uuid.uuid4()))
    dora.upload(PNG)
    dora.start(30 * 1024**2, filename="a.mp4", content_type="video/mp4", method="multipart")
    assert erase(dora) == {"deleted_objects": 1, "aborted_uploads": 1, "complete": True}
    assert not [key for key in gateway.stored_keys() if dora.sub in key]


@pytest.fixture(scope="module")
def cognito_gateway(front_store: Store, front_stack: Stack) -> Iterator[Gateway]:
    """A gateway on the stack's own Cognito, beside the tests' pool."""
    with running_gateway(
        front_store,
        front_stack.bucket,
        COGNITO_CLIENT_ID=front_stack.client_id,
        COGNITO_ISSUER=front_stack.issuer,
        COGNITO_ENDPOINT=front_stack.endpoint,
        COGNITO_TOKEN_USE="any",
        COGNITO_JWKS_URL=front_stack.jwks_url,
        ADMIN_GROUP="admins",
    ) as gateway:
        yield gateway


def signed_in(gateway: Gateway, stack: Stack, *groups: str) -> tuple[Caller, dict[str, Any]]:
    """A new user of the real pool, and their tokens."""
    email = f"{uuid.uuid4().hex}@example.com"
    sub = stack.create_user(email, PASSWORD, groups=groups)
    tokens = stack.sign_in(email, PASSWORD)
    return Caller(gateway.app, sub, tokens["AccessToken"]), {**tokens, "email": email}


def is_there(stack: Stack, email: str) -> bool:
    users = stack.client("cognito-idp").list_users(UserPoolId=stack.user_pool_id)["Users"]
    return any({"Name": "email", "Value": email} in user["Attributes"] for user in users)


def test_the_account_goes_last_and_can_be_tried_again(
    cognito_gateway: Gateway, front_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With data left the account stays; then it goes, by the caller's own token."""
    erin, tokens = signed_in(cognito_gateway, front_stack)
    erin.upload(PNG)
    monkeypatch.setattr("app.assets.erasure.MAX_BATCHES", 1)
    assert erase(erin, "?account=true")["complete"] is False
    assert is_there(front_stack, tokens["email"])
    assert erase(erin, "?account=true")["complete"] is True
    assert not is_there(front_stack, tokens["email"])
    assert erin.delete("/v1/me/data?account=true").status_code == 401, "the token died with it"


def test_an_id_token_deletes_no_account_and_erases_nothing(
    cognito_gateway: Gateway, front_stack: Stack
) -> None:
    """It has no scope: 403 before anything is erased."""
    erin, tokens = signed_in(cognito_gateway, front_stack)
    erin.upload(PNG)
    with_id = Caller(cognito_gateway.app, erin.sub, tokens["IdToken"])
    response = with_id.delete("/v1/me/data?account=true")
    assert (response.status_code, response.json["type"]) == (403, "/problems/insufficient-scope")
    assert "aws.cognito.signin.user.admin" in response.headers["WWW-Authenticate"]
    assert erin.get("/v1/me").json["usage"]["objects"] == 1


def test_a_token_that_cognito_no_longer_takes_erases_nothing(
    front_store: Store, front_stack: Stack
) -> None:
    """Locally good, but not Cognito's: 401 before anything is erased; Cognito away: 503."""
    for endpoint, status in ((front_stack.endpoint, 401), ("http://127.0.0.1:9", 503)):
        with running_gateway(front_store, front_stack.bucket, COGNITO_ENDPOINT=endpoint) as gateway:
            frank = gateway.client_for(str(uuid.uuid4()))
            frank.upload(PNG)
            response = frank.delete("/v1/me/data?account=true")
            assert response.status_code == status, response.json
            assert remains_of(gateway, frank.sub)["versions"] == 1


def test_the_quota_is_said_and_kept(limited: Gateway) -> None:
    """T25: 413 says how much is left; completion turns the reservation into usage."""
    gina = limited.client_for(str(uuid.uuid4()))
    gina.upload(PNG)
    started = gina.start(8 * len(PNG))
    usage = gina.get("/v1/me").json["usage"]
    assert usage["quota_bytes"] == 10 * len(PNG)
    assert usage["bytes"] == len(PNG)
    assert usage["remaining_bytes"] == len(PNG)
    wanted = {"filename": "a.png", "content_type": "image/png", "size": 2 * len(PNG)}
    response = gina.post("/v1/uploads", wanted)
    assert (response.status_code, response.json["type"]) == (413, "/problems/quota-exceeded")
    assert f"{len(PNG)} of {10 * len(PNG)} bytes" in response.json["detail"]
    gina.delete(f"/v1/uploads/{started['upload_id']}")
    assert gina.post("/v1/uploads", wanted).status_code == 413, "its URL lives on"


def test_an_aborted_multipart_upload_gives_its_bytes_back(limited: Gateway) -> None:
    """Its URLs are dead, so the room is free at once."""
    hugo = limited.client_for(str(uuid.uuid4()))
    started = hugo.start(10 * len(PNG), method="multipart")
    assert hugo.get("/v1/me").json["usage"]["remaining_bytes"] == 0
    hugo.delete(f"/v1/uploads/{started['upload_id']}")
    assert hugo.get("/v1/me").json["usage"]["remaining_bytes"] == 10 * len(PNG)


def test_a_rejected_multipart_upload_gives_its_bytes_back(limited: Gateway) -> None:
    """Its URLs are dead as well; those of a PUT are not, so its bytes stay reserved."""
    ivy = limited.client_for(str(uuid.uuid4()))
    page = b"<!doctype html>".ljust(len(PNG))
    for method, left in (("multipart", 10), ("put", 9)):
        started = ivy.start(len(PNG), method=method)
        parts = started.get("parts") or [started]
        fetch("PUT", parts[0]["url"], page, started.get("headers") or {})
        assert ivy.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 422
        assert ivy.get("/v1/me").json["usage"]["remaining_bytes"] == left * len(PNG)


def test_what_cannot_be_signed_reserves_nothing(limited: Gateway) -> None:
    """A form's name may not hold S3's variable: 422, and all of the quota is left."""
    jo = limited.client_for(str(uuid.uuid4()))
    wanted = {"filename": "${filename}.png", "content_type": "image/png", "size": len(PNG)}
    assert jo.post("/v1/uploads", wanted | {"method": "post"}).status_code == 422
    assert jo.get("/v1/me").json["usage"]["remaining_bytes"] == 10 * len(PNG)


def test_a_groups_quota_counts_for_its_members(limited: Gateway) -> None:
    """QUOTA_BYTES_STUDIO for the group `studio`."""
    claims = {"cognito:groups": ["studio"]}
    iris = limited.client_for(str(uuid.uuid4()), **claims)
    assert iris.get("/v1/me").json["usage"]["quota_bytes"] == 20 * len(PNG)


def test_an_upload_over_the_quota_that_nobody_reserved_is_removed(
    limited: Gateway, front_store: Store, front_stack: Stack
) -> None:
    """T25: signed by a process that is gone, completed by one that knows nothing of it."""
    jan = str(uuid.uuid4())
    with running_gateway(front_store, front_stack.bucket) as unlimited:
        started = unlimited.client_for(jan).start(11 * len(PNG))
    body = PNG + bytes(10 * len(PNG))
    assert send(started, body).status == 200
    caller = limited.client_for(jan)
    response = caller.post(f"/v1/uploads/{started['upload_id']}/complete")
    assert (response.status_code, response.json["type"]) == (413, "/problems/quota-exceeded")
    assert remains_of(limited, jan) == {"versions": 0, "markers": 0, "uploads": 0}
