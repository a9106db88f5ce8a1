"""How often each route asks the store, which is what users wait for (docs/performance.md)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.s3.client import S3Client
from tests.gateway import Caller, Gateway, fetch, running_gateway, send
from tests.samples import png

pytestmark = pytest.mark.store
PNG = png()
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
Asked = list[str]


@pytest.fixture
def carol(front_gateway: Gateway) -> Iterator[Caller]:
    """At a gateway of her own, which remembers nothing of what others asked before."""
    with running_gateway(front_gateway.store, front_gateway.bucket) as gateway:
        yield gateway.client_for(str(uuid.uuid4()))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The operations that were sent to the store, attempt by attempt."""
    names: Asked = []
    send_one = S3Client._send

    def count(self: S3Client, operation: Any, *rest: Any) -> Any:
        names.append(operation.name)
        return send_one(self, operation, *rest)

    monkeypatch.setattr(S3Client, "_send", count)
    return names


def declare(caller: Caller, asked: Asked) -> None:
    asked.clear()
    caller.start(len(PNG))


def declare_multipart(caller: Caller, asked: Asked) -> None:
    asked.clear()
    caller.start(len(PNG), method="multipart")


def complete(caller: Caller, asked: Asked) -> None:
    started = caller.start(len(PNG))
    assert send(started, PNG).status == 200
    asked.clear()
    assert caller.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 200


def complete_multipart(caller: Caller, asked: Asked) -> None:
    started = caller.start(len(PNG), method="multipart")
    assert fetch("PUT", started["parts"][0]["url"], PNG).status == 200
    asked.clear()
    assert caller.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 200


def on_asset(method: str, route: str, **body: Any) -> Callable[[Caller, Asked], None]:
    """A call about an asset of the caller's: its path takes the place of ``{path}``."""

    def call(caller: Caller, asked: Asked) -> None:
        path = caller.upload(PNG)["path"]
        sent = {name: path if value == "{path}" else value for name, value in body.items()}
        asked.clear()
        options = {"json": sent} if body else {}
        answer = caller.request(method, route.replace("{path}", path), **options)
        assert answer.status_code < 300, answer.get_data(as_text=True)

    return call


def open_share(caller: Caller, asked: Asked) -> None:
    path = caller.upload(PNG)["path"]
    url = caller.post("/v1/shares", {"path": path}).json["url"]
    asked.clear()
    assert caller.app.test_client().get(url).status_code == 302


#: Route, as the page names it -> what is done, and how many requests that may take.
BOUNDS: dict[str, tuple[Callable[[Caller, Asked], None], int]] = {
    "declare a PUT or POST": (declare, 0),
    "declare a multipart upload": (declare_multipart, 2),
    "complete a PUT or POST": (complete, 1),
    "complete a multipart upload": (complete_multipart, 3),
    "show an asset": (on_asset("GET", "/v1/assets/{path}"), 2),
    "list a page of assets, signed": (on_asset("GET", "/v1/assets?sign=true"), 1),
    "list the newest of the library": (on_asset("GET", "/v1/assets?order=newest&limit=1"), 4),
    "list what was deleted": (on_asset("GET", "/v1/assets?deleted=true"), 2),
    "sign links": (on_asset("POST", "/v1/links", paths=["image/a.png"]), 0),
    "verify an asset": (on_asset("POST", "/v1/assets/verify", path="{path}"), 1),
    "copy an asset": (on_asset("POST", "/v1/assets/copy", path="{path}"), 3),
    "move an asset": (on_asset("POST", "/v1/assets/move", path="{path}", project_id="p"), 6),
    "delete an asset": (on_asset("DELETE", "/v1/assets/{path}"), 3),
    "create a share": (on_asset("POST", "/v1/shares", path="{path}"), 2),
    "open a share": (open_share, 2),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_each_route_asks_the_store_no_more_than_this(
    carol: Caller, asked: Asked, name: str
) -> None:
    """Requests to the store, retries included; a route that asks more often says so here first."""
    act, bound = BOUNDS[name]
    act(carol, asked)
    assert len(asked) == bound, asked


def test_the_page_says_the_same() -> None:
    """The table of docs/performance.md."""
    rows = re.findall(r"^\| ([a-z][\w, ]+?) \| (\d+) \|", PAGE.read_text(), re.MULTILINE)
    assert {name: int(number) for name, number in rows} == {
        name: bound for name, (_, bound) in BOUNDS.items()
    }
