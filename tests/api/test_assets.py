"""Listing, looking at, verifying and deleting assets."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.gateway import ALICE, Caller, Gateway, fetch
from tests.samples import HTML, png

PNG = png()


def put(gateway: Gateway, caller: Caller, path: str, body: bytes = PNG, **more: object) -> None:
    """Write as a back end does, past the gateway."""
    gateway.store.client().put_object(
        Bucket=gateway.bucket, Key=f"users/{caller.sub}/{path}", Body=body, **more
    )


def pages(caller: Caller, query: str) -> Iterator[list[dict[str, object]]]:
    """The pages of a listing, following its cursor."""
    cursor = ""
    while cursor is not None:
        page = caller.get(f"/v1/assets?{query}{cursor and '&cursor=' + cursor}").json
        yield page["items"]
        cursor = page["next_cursor"]


def test_a_listing_is_paged_and_complete(gateway: Gateway, carol: Caller) -> None:
    """Seven assets in pages of three: each once, in key order."""
    wanted = [f"image/{number}/ä b+{number}.png" for number in range(7)]
    for path in wanted:
        put(gateway, carol, path)
    found = list(pages(carol, "limit=3"))
    assert [len(page) for page in found] == [3, 3, 1]
    assert [item["path"] for page in found for item in page] == wanted


def test_kind_and_project_choose_the_place(gateway: Gateway, carol: Caller) -> None:
    """A kind without a project means the library; a project has kinds of its own."""
    for path in [
        "image/a.png",
        "video/v.mp4",
        "projects/p1/image/b.png",
        "projects/p10/image/c.png",
    ]:
        put(gateway, carol, path)

    def listed(query: str) -> list[str]:
        return [item["path"] for item in carol.get(f"/v1/assets?{query}").json["items"]]

    assert listed("kind=image") == ["image/a.png"]
    assert listed("project_id=p1") == ["projects/p1/image/b.png"]
    assert listed("project_id=p1&kind=image&prefix=projects/p1/image/b") == [
        "projects/p1/image/b.png"
    ]
    assert len(listed("")) == 4


def test_t11_a_neighbour_with_a_longer_sub_is_not_listed(gateway: Gateway) -> None:
    """T11: `users/abc` never lists, opens or deletes what is `users/abcdef`'s."""
    short, longer = gateway.client_for("abc"), gateway.client_for("abcdef")
    put(gateway, longer, "image/secret.png")
    assert short.get("/v1/assets").json["items"] == []
    assert short.get("/v1/assets/image/secret.png").status_code == 404
    assert short.delete("/v1/assets/image/secret.png").status_code == 204
    assert longer.get("/v1/assets/image/secret.png").status_code == 200


def test_names_off_the_grammar_are_left_out(gateway: Gateway, carol: Caller) -> None:
    """Share records and names that no path can have are not assets."""
    for path in ["shares/x.json", "image/%41.png", "other/x.png", "image/ok.png"]:
        put(gateway, carol, path)
    assert [item["path"] for item in carol.get("/v1/assets").json["items"]] == ["image/ok.png"]


def test_signed_listings_carry_links_that_open(gateway: Gateway, carol: Caller) -> None:
    """`sign=true` adds a link to each; without it there is none."""
    put(gateway, carol, "image/ä b+c%.png".replace("%", "_"))
    [item] = carol.get("/v1/assets?sign=true").json["items"]
    assert fetch("GET", item["link"]["url"]).data == PNG
    [item] = carol.get("/v1/assets").json["items"]
    assert item["link"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "kind=movie",
        "project_id=..",
        "prefix=../",
        "prefix=a%00b",
        "prefix=/image",
        "kind=image&prefix=video/",
        "sign=2",
    ],
)
def test_t15_filters_cannot_leave_the_root(alice: Caller, query: str) -> None:
    """T15: bad filters are a 422."""
    assert alice.get(f"/v1/assets?{query}").status_code == 422


def test_t13_t15_a_foreign_or_broken_cursor_is_a_404(gateway: Gateway, carol: Caller) -> None:
    """T13, T15: a cursor works for its own user, its own filter, and unchanged."""
    for number in range(3):
        put(gateway, carol, f"image/{number}.png")
    cursor = carol.get("/v1/assets?limit=1").json["next_cursor"]
    assert carol.get(f"/v1/assets?limit=1&cursor={cursor}").status_code == 200
    stranger = gateway.client_for(ALICE)
    assert stranger.get(f"/v1/assets?limit=1&cursor={cursor}").status_code == 404
    assert carol.get(f"/v1/assets?limit=1&kind=image&cursor={cursor}").status_code == 404
    assert carol.get(f"/v1/assets?limit=1&cursor={cursor[:-2]}").status_code == 404
    assert carol.get("/v1/assets?cursor=x").status_code == 404


def test_t13_unknown_and_foreign_assets_look_the_same(alice: Caller, bob: Caller) -> None:
    """T13: somebody else's asset and none at all: the same 404 body."""
    path = alice.upload(PNG)["path"]
    foreign, unknown = bob.get(f"/v1/assets/{path}"), bob.get("/v1/assets/image/x/none.png")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert {**foreign.json, "request_id": 0} == {**unknown.json, "request_id": 0}


def test_deleting_is_idempotent(alice: Caller) -> None:
    """204, and again 204; the asset is gone."""
    path = alice.upload(PNG)["path"]
    for _ in range(2):
        assert alice.delete(f"/v1/assets/{path}").status_code == 204
    assert alice.get(f"/v1/assets/{path}").status_code == 404


HOSTILE = [
    "../bob/image/x.png",
    "image/../../bob/x.png",
    "image/./x.png",
    "image//x.png",
    "/image/x.png",
    "image\\x.png",
    "image/%2e%2e/x.png",
    "image/%2fx.png",
    "image/a\0.png",
    "image/a\x7f.png",
    "image/a\x85.png",
    "image/a\u202e.png",
    "image/a\u200b.png",
    "image/a*.png",
    "image/a?.png",
    "image/a\u0308.png",
    "image/\ufffd.png",
    "image/" + "a" * 1100,
    "shares/x.json",
    "users/bob/image/x.png",
    "image",
    "",
]


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_t09_t10_hostile_paths_are_refused_everywhere(alice: Caller, path: str) -> None:
    """T09, T10: refused, not cleaned, by every route that takes a path; nothing is signed."""
    quoted = quote(path, safe="/")
    answers = [
        alice.post("/v1/links", {"paths": ["image/ok.png", path]}),
        alice.post("/v1/assets/verify", {"path": path}),
    ]
    if path:
        answers += [alice.get(f"/v1/assets/{quoted}"), alice.delete(f"/v1/assets/{quoted}")]
    for answer in answers:
        # As a URL a leading slash or a dot segment may already miss the route.
        assert answer.status_code in (422, 404), answer.get_data(as_text=True)
        assert "url" not in answer.get_data(as_text=True)
    assert answers[0].status_code == 422
    assert answers[0].json["errors"][0]["pointer"] == "/paths/1"


def test_t09_bytes_that_are_no_utf8_name_nothing(alice: Caller) -> None:
    """T09: `%ff` must not address another object than the one asked for."""
    assert alice.get("/v1/assets/image/%ff.png").status_code == 422


def test_verify_judges_by_the_kinds_rules(gateway: Gateway, carol: Caller) -> None:
    """T18, T21: a bad object that a back end wrote is refused, and stays; a good one is shown."""
    put(gateway, carol, "image/good.png", ContentType="image/png")
    put(gateway, carol, "image/bad.png", HTML, ContentType="image/png")
    put(gateway, carol, "image/html.png", HTML, ContentType="text/html")
    assert carol.post("/v1/assets/verify", {"path": "image/good.png"}).status_code == 200
    for path in ("image/bad.png", "image/html.png"):
        response = carol.post("/v1/assets/verify", {"path": path})
        assert response.json["type"] == "/problems/upload-rejected"
        assert f"users/{carol.sub}/{path}" in gateway.stored_keys()
    assert carol.post("/v1/assets/verify", {"path": "image/none.png"}).status_code == 404


def test_verify_has_the_usage_counted_again(
    gateway: Gateway, carol: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came without completion counts once it is verified, and no more once it is removed."""
    # A count that took long waits before the next, and machines can be slow.
    monkeypatch.setattr("app.limits.usage_ledger.CHEAP_SECONDS", 60)
    assert carol.get("/v1/me").json["usage"]["objects"] == 0
    put(gateway, carol, "image/good.png", ContentType="image/png")
    carol.post("/v1/assets/verify", {"path": "image/good.png"})
    assert carol.get("/v1/me").json["usage"]["objects"] == 1
    put(gateway, carol, "image/bad.png", HTML, ContentType="image/png", Metadata={"upload": "m"})
    carol.post("/v1/assets/verify", {"path": "image/bad.png"})
    assert carol.get("/v1/me").json["usage"]["objects"] == 1


def test_verify_removes_a_bad_object_with_a_mark(gateway: Gateway, carol: Caller) -> None:
    """T18, T21: an object that an upload brought is removed when it breaks the rules."""
    put(gateway, carol, "image/bad.png", HTML, ContentType="image/png", Metadata={"upload": "m"})
    response = carol.post("/v1/assets/verify", {"path": "image/bad.png"})
    assert response.json["type"] == "/problems/upload-rejected"
    assert f"users/{carol.sub}/image/bad.png" not in gateway.stored_keys()
