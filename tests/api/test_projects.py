"""Projects: there as long as something lies in them."""

from __future__ import annotations

import uuid

import pytest

from tests.gateway import Caller, Gateway
from tests.samples import png


def put(gateway: Gateway, caller: Caller, *paths: str) -> None:
    """Write as a back end does, past the gateway."""
    client = gateway.store.client()
    for path in paths:
        client.put_object(Bucket=gateway.bucket, Key=f"users/{caller.sub}/{path}", Body=png())


def listed(caller: Caller, query: str = "") -> list[str]:
    """All projects, following the cursor."""
    found, cursor = [], ""
    while cursor is not None:
        page = caller.get(f"/v1/projects?{query}{cursor and '&cursor=' + cursor}")
        assert page.status_code == 200, page.get_data(as_text=True)
        found += [item["project_id"] for item in page.json["items"]]
        cursor = page.json["next_cursor"]
    return found


def test_projects_are_listed_once_each_in_pages(gateway: Gateway, carol: Caller) -> None:
    """By name, however much lies in each; names that no project can have are left out."""
    put(gateway, carol, *(f"projects/p{number}/video/a.mp4" for number in range(5)))
    put(gateway, carol, "projects/p0/image/b.png", "projects/..x/image/a.png", "projects/file.txt")
    put(gateway, carol, "image/a.png")
    assert listed(carol) == listed(carol, "limit=2") == [f"p{number}" for number in range(5)]


def test_t13_t15_cursors_of_others_and_of_other_listings_are_a_404(
    gateway: Gateway, carol: Caller, alice: Caller
) -> None:
    """T13, T15: for its own user and listing alone, though the S3 prefix is the same."""
    put(gateway, carol, "projects/a/image/a.png", "projects/b/image/a.png")
    cursor = carol.get("/v1/projects?limit=1").json["next_cursor"]
    assert alice.get(f"/v1/projects?cursor={cursor}").status_code == 404
    assert carol.get(f"/v1/assets?prefix=projects/&cursor={cursor}").status_code == 404
    assets = carol.get("/v1/assets?prefix=projects/&limit=1").json["next_cursor"]
    assert carol.get(f"/v1/projects?cursor={assets}").status_code == 404
    assert carol.get("/v1/projects?limit=0").status_code == 422


def test_deleting_a_project_leaves_the_others(gateway: Gateway, carol: Caller) -> None:
    """All that lies in it goes, names off the grammar too; its neighbours by name stay."""
    put(gateway, carol, "projects/p1/video/a.mp4", "projects/p1/other/%41", "projects/p1/x.txt")
    put(gateway, carol, "projects/p10/video/a.mp4", "image/p1.png")
    answer = carol.delete("/v1/projects/p1")
    assert (answer.status_code, answer.json) == (200, {"deleted_objects": 3, "complete": True})
    assert listed(carol) == ["p10"]
    assert carol.get("/v1/assets/image/p1.png").status_code == 200
    assert carol.delete("/v1/projects/p1").json == {"deleted_objects": 0, "complete": True}


@pytest.mark.parametrize("project_id", ["..", "-a", "a b", "%2e", "a" * 65, "p*", "%C3%A4"])
def test_t44_ids_that_are_none_delete_nothing(
    gateway: Gateway, carol: Caller, project_id: str
) -> None:
    """T44: 422, or no such route; and nothing is deleted."""
    put(gateway, carol, "projects/p/video/a.mp4")
    assert carol.delete(f"/v1/projects/{project_id}").status_code in (404, 422)
    assert carol.delete("/v1/projects/").status_code == 404
    assert listed(carol) == ["p"]


def test_t13_projects_of_others_stay(gateway: Gateway, carol: Caller) -> None:
    """T13: the same id is another project in another root."""
    other = gateway.client_for(str(uuid.uuid4()))
    put(gateway, other, "projects/p/video/a.mp4")
    assert carol.delete("/v1/projects/p").json == {"deleted_objects": 0, "complete": True}
    assert (listed(other), listed(carol)) == (["p"], [])


def test_a_project_ends_with_what_lies_in_it(front_gateway: Gateway) -> None:
    """Also where versions of it are kept."""
    carol = front_gateway.client_for(str(uuid.uuid4()))
    kept, gone = (carol.upload(png(), project_id=name)["path"] for name in ("p1", "p2"))
    assert carol.delete(f"/v1/assets/{gone}").status_code == 204
    assert carol.get("/v1/projects").json["items"] == [{"project_id": "p1"}]
    assert carol.post("/v1/assets/restore", {"path": gone}).status_code == 200
    assert len(carol.get("/v1/projects").json["items"]) == 2
    assert kept
