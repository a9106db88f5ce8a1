"""How often each route asks the store, and how many of these requests wait for an answer to another
one, which is what users wait for (docs/performance.md)."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.s3.client import S3Client
from tests.gateway import Caller, Gateway, fetch, running_gateway, send
from tests.samples import png

pytestmark = pytest.mark.store
PNG = png()
PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
PATIENCE_SECONDS = 20.0


class Asked:
    """Requests to the store, retries included, held until all that are to be sent side by side are
    there: what is sent one by one never comes that far."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turns: list[int] = []
        self.told: list[list[str]] = [[]]
        self._active = False

    def begin(self, *turns: int) -> None:
        """Hold requests from now on. ``turns``: how many are sent side by side, turn by turn."""
        self._turns, self._active = [*turns], True

    def ask(self, name: str) -> None:
        """The operation ``name`` is about to be sent."""
        with self._changed:
            if not self._active:
                return
            mine = len(self.told)
            self.told[-1].append(name)
            if len(self.told[-1]) == (self._turns[mine - 1] if mine <= len(self._turns) else 0):
                self.told.append([])
                self._changed.notify_all()
            self._changed.wait_for(lambda: len(self.told) > mine, PATIENCE_SECONDS)

    @property
    def turns(self) -> list[int]:
        """How many were sent side by side, turn by turn."""
        return [len(turn) for turn in self.told if turn]


@pytest.fixture
def carol(front_gateway: Gateway) -> Iterator[Caller]:
    """At a gateway of her own, which remembers nothing of what others asked before."""
    with running_gateway(front_gateway.store, front_gateway.bucket) as gateway:
        yield gateway.client_for(str(uuid.uuid4()))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What is sent to the store, attempt by attempt."""
    requests = Asked()
    send_one = S3Client._send

    def hold(self: S3Client, operation: Any, *rest: Any) -> Any:
        requests.ask(operation.name)
        return send_one(self, operation, *rest)

    monkeypatch.setattr(S3Client, "_send", hold)
    return requests


#: Prepares, and gives what is to be done.
Route = Callable[[Caller], Callable[[], Any]]


def declare(caller: Caller) -> Callable[[], Any]:
    return lambda: caller.start(len(PNG))


def declare_multipart(caller: Caller) -> Callable[[], Any]:
    return lambda: caller.start(len(PNG), method="multipart")


def complete(caller: Caller) -> Callable[[], Any]:
    started = caller.start(len(PNG))
    assert send(started, PNG).status == 200
    return lambda: caller.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 200


def complete_multipart(caller: Caller) -> Callable[[], Any]:
    started = caller.start(len(PNG), method="multipart")
    assert fetch("PUT", started["parts"][0]["url"], PNG).status == 200
    return lambda: caller.post(f"/v1/uploads/{started['upload_id']}/complete").status_code == 200


def on_asset(method: str, route: str, *, preview: bool = False, **body: Any) -> Route:
    """A call about an asset of the caller's, with or without a preview: its path takes the place of
    ``{path}``."""

    def prepare(caller: Caller) -> Callable[[], Any]:
        path = caller.upload(PNG)["path"]
        if preview:
            caller.upload(PNG, preview_for=path)
        sent = {name: path if value == "{path}" else value for name, value in body.items()}
        options = {"json": sent} if body else {}
        return lambda: caller.request(method, route.replace("{path}", path), **options)

    return prepare


def open_share(caller: Caller, *, again: bool = False) -> Callable[[], Any]:
    path = caller.upload(PNG)["path"]
    url = caller.post("/v1/shares", {"path": path}).json["url"]
    if again:
        assert caller.app.test_client().get(url).status_code == 302
    return lambda: caller.app.test_client().get(url)


def declare_by_request(caller: Caller) -> Callable[[], Any]:
    url = caller.post("/v1/requests", {"kind": "image"}).json["url"]
    file = {"filename": "a.png", "content_type": "image/png", "size": len(PNG)}
    return lambda: caller.app.test_client().post(f"{url}/uploads", json=file)


#: Route, as the page names it -> what is done, and how many requests it sends side by side, turn
#: by turn.
TURNS: dict[str, tuple[Route, tuple[int, ...]]] = {
    "declare a PUT or POST": (declare, ()),
    "declare a multipart upload": (declare_multipart, (1, 1)),
    "complete a PUT or POST": (complete, (1,)),
    "complete a multipart upload": (complete_multipart, (1, 1, 1)),
    "show an asset": (on_asset("GET", "/v1/assets/{path}"), (2,)),
    "list a page of assets, signed": (on_asset("GET", "/v1/assets?sign=true"), (1,)),
    "list the newest of the library": (on_asset("GET", "/v1/assets?order=newest&limit=1"), (4,)),
    "list what was deleted": (on_asset("GET", "/v1/assets?deleted=true"), (1, 1)),
    "sign links": (on_asset("POST", "/v1/links", paths=["image/a.png"]), ()),
    "verify an asset": (on_asset("POST", "/v1/assets/verify", path="{path}"), (1,)),
    "copy an asset": (on_asset("POST", "/v1/assets/copy", path="{path}"), (2, 1)),
    "copy an asset and its preview": (
        on_asset("POST", "/v1/assets/copy", preview=True, path="{path}"),
        (2, 1, 2),
    ),
    "move an asset": (
        on_asset("POST", "/v1/assets/move", path="{path}", project_id="p"),
        (2, 1, 1, 2),
    ),
    "move an asset and its preview": (
        on_asset("POST", "/v1/assets/move", preview=True, path="{path}", project_id="p"),
        (2, 1, 2, 2, 2),
    ),
    "delete an asset": (on_asset("DELETE", "/v1/assets/{path}"), (3,)),
    "delete an asset and its preview": (
        on_asset("DELETE", "/v1/assets/{path}", preview=True),
        (3, 1),
    ),
    "create a share": (on_asset("POST", "/v1/shares", path="{path}"), (1, 1)),
    "open a share": (open_share, (1, 1)),
    "declare by an upload request": (declare_by_request, (1, 1, 1, 1)),
    "open a share again": (lambda caller: open_share(caller, again=True), (2,)),
}


@pytest.mark.parametrize("name", TURNS)
def test_each_route_asks_the_store_no_more_than_this(
    carol: Caller, asked: Asked, name: str
) -> None:
    """A route that asks more often, or one after another, says so here first."""
    prepare, turns = TURNS[name]
    act = prepare(carol)
    asked.begin(*turns)
    answer = act()
    assert not isinstance(answer, TestResponse) or answer.status_code < 400, answer.text
    assert asked.turns == [*turns], asked.told


def test_the_page_says_the_same() -> None:
    """The table of docs/performance.md."""
    [table] = re.findall(
        r"^\| route \| requests \| turns (?:.+\n)+", PAGE.read_text(), re.MULTILINE
    )
    rows = re.findall(r"^\| ([a-z][\w, ]+?) \| (\d+) \| (\d+) \|", table, re.MULTILINE)
    assert {name: (int(requests), int(turns)) for name, requests, turns in rows} == {
        name: (sum(turns), len(turns)) for name, (_, turns) in TURNS.items()
    }
