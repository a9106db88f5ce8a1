"""Who wrote what a back end is told of, from the token to the webhook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.auth.tokens import ABSENT, CLIENT_ID
from tests.events.backend import SECRET, Backend, running_backend
from tests.gateway import ALICE, BOB, Caller, Gateway, running_gateway, send
from tests.samples import HTML, png
from tests.stores.store import Store

PNG = png()
FARM, SCOPE = "render-farm", "assets/act"
USER = {"type": "user", "client_id": None}
SERVICE = {"type": "service", "client_id": FARM}


@contextmanager
def told(store: Store) -> Iterator[tuple[Gateway, Backend]]:
    """A gateway without a queue, with a back end that acts and one that is told."""
    with (
        running_backend() as backend,
        running_gateway(
            store,
            store.create_bucket(versioned=True),
            COGNITO_CLIENT_ID=f"{CLIENT_ID},{FARM}",
            SERVICE_SCOPE=SCOPE,
            ADMIN_GROUP="admins",
            WEBHOOK_URL=backend.url,
            WEBHOOK_SECRET=SECRET,
        ) as gateway,
    ):
        yield gateway, backend


class ActingCaller(Caller):
    """Names the user in every call."""

    def request(self, method: str, path: str, **options: Any) -> Any:
        headers = {"X-Act-As-Sub": ALICE, **options.pop("headers", {})}
        return super().request(method, path, headers=headers, **options)


def acting(gateway: Gateway, sub: str, **claims: Any) -> ActingCaller:
    return ActingCaller(gateway.app, sub, gateway.tokens(sub=sub, **claims))


@pytest.mark.store
def test_t61_a_back_end_is_named_in_what_it_did(front_store: Store) -> None:
    """T61: its uploads by every way, its copies, moves, restores and deletions; the user's own
    are the user's, a move of the back end's file among them; an administrator is named too."""
    with told(front_store) as (gateway, backend):
        farm = acting(gateway, FARM, client_id=FARM, scope=SCOPE, username=ABSENT)
        alice = gateway.client_for(ALICE)
        expected: dict[tuple[str, str], dict[str, Any]] = {}

        def done(kind: str, path: str, who: dict[str, Any]) -> None:
            expected[f"asset.{kind}", path] = who

        for declared in (
            {},
            {"method": "post"},
            {"asset_id": "0199aaaa-0000-7000-8000-0000000000aa"},
        ):
            done("created", farm.upload(PNG, **declared)["path"], SERVICE)
        kept = alice.upload(PNG)["path"]
        done("created", kept, USER)
        params = farm.get("/s3/params?filename=b.png&type=image/png").json
        started = {"method": "POST", "url": params["url"], "fields": params["fields"], "path": "b"}
        assert send(started, PNG).status == 204
        by_uppy = params["fields"]["key"].removeprefix(f"users/{ALICE}/")
        assert farm.post("/v1/assets/verify", {"path": by_uppy}).status_code == 200
        done("created", by_uppy, SERVICE)

        moved = alice.post("/v1/assets/move", {"path": by_uppy, "project_id": "p1"}).json["path"]
        done("deleted", by_uppy, USER)
        assert alice.post("/v1/assets/verify", {"path": moved}).status_code == 200
        done("created", moved, USER)
        copied = farm.post("/v1/assets/copy", {"path": kept, "project_id": "p1"}).json["path"]
        assert alice.post("/v1/assets/verify", {"path": copied}).status_code == 200
        done("created", copied, SERVICE)
        assert farm.delete(f"/v1/assets/{copied}").status_code == 204
        done("deleted", copied, SERVICE)

        bad = farm.start(len(HTML))
        send(bad, HTML)
        assert farm.post(f"/v1/uploads/{bad['upload_id']}/complete").status_code == 422
        done("rejected", bad["path"], SERVICE)
        admin = acting(gateway, BOB, **{"cognito:groups": ["admins"]})
        by_admin = admin.upload(PNG)["path"]
        done("created", by_admin, {"type": "administrator", "client_id": CLIENT_ID})

        backend.wait_for(lambda deliveries: len({d.id for d in deliveries}) >= len(expected))
        events = [(each.event["type"], each.event["data"]) for each in backend.taken()]
        assert {(kind, data["asset"]["path"]): data["actor"] for kind, data in events} == expected
        assert {data["sub"] for _, data in events} == {ALICE}


@pytest.mark.store
def test_a_back_ends_longer_mark_has_to_fit_beside_the_metadata(front_store: Store) -> None:
    """S3 keeps 2 KB with an object: what a user may send to the last byte, a back end may not."""
    with told(front_store) as (gateway, _):
        farm = acting(gateway, FARM, client_id=FARM, scope=SCOPE, username=ABSENT)
        declared = {"metadata": {"title": "x" * (2048 - len("title" + "upload") - 22)}}
        assert gateway.client_for(ALICE).upload(PNG, **declared)["size"] == len(PNG)
        new = {"filename": "a.png", "content_type": "image/png", "size": 9, **declared}
        refusal = farm.post("/v1/uploads", new)
        assert (refusal.status_code, refusal.json["errors"][0]["pointer"]) == (422, "/metadata")
