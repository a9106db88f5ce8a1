"""What one user may have in work at once, as callers see it: T55."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.limits.concurrency import MOST_IN_WORK
from tests.gateway import ALICE, BOB, NOWHERE, Gateway, running_gateway

LINKS = {"paths": ["image/a.png"]}


class Held:
    """A view that lasts until it is let go."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.let_go = threading.Event()

    def __call__(self, **_: object) -> str:
        self.arrived.release()
        assert self.let_go.wait(60)
        return "done"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway(NOWHERE, "a-bucket", ADMIN_GROUP="admins") as gateway:
        yield gateway


@pytest.fixture
def held(gateway: Gateway) -> Iterator[Held]:
    held = Held()
    gateway.app.view_functions["assets.list_assets"] = held
    yield held
    held.let_go.set()


def test_t55_a_user_has_so_many_requests_in_work_at_a_time(gateway: Gateway, held: Held) -> None:
    """T55: further ones are a 429 with Retry-After at once; signing goes on, and so do others."""
    alice, bob = gateway.client_for(ALICE), gateway.client_for(BOB)
    with ThreadPoolExecutor(MOST_IN_WORK + 1) as pool:
        waiting = [pool.submit(alice.get, "/v1/assets") for _ in range(MOST_IN_WORK)]
        for _ in waiting:
            assert held.arrived.acquire(timeout=60)
        refused = [alice.get("/v1/assets"), alice.get("/v1/me"), alice.post("/s3/multipart")]
        for answer in refused:
            assert (answer.status_code, answer.json["type"]) == (429, "/problems/rate-limited")
            assert answer.headers["Retry-After"] == "1"
        assert alice.post("/v1/links", LINKS).status_code == 200
        assert alice.post("/v1/uploads/x/parts", {"part_numbers": [1]}).status_code == 404
        others = pool.submit(bob.get, "/v1/assets")
        assert held.arrived.acquire(timeout=60)
        held.let_go.set()
        assert {each.result().status_code for each in [*waiting, others]} == {200}
    assert alice.get("/v1/assets").status_code == 200


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_t55_so_many_long_lists_of_a_user_are_signed_at_a_time(
    gateway: Gateway, held: Held, framing: str
) -> None:
    """T55: 64 connections of one user that ask for a thousand links each held up a link of another
    for more than a second. A few links are no matter, and what waits for the store is another."""
    view = gateway.app.view_functions["links.create_links"]
    long = json.dumps({"paths": ["image/a.png"] * 1000}).encode()
    terminated = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    options: dict[str, Any] = {"data": long, "content_type": "application/json"}
    if framing == "chunks":
        options = {
            "input_stream": BytesIO(long),
            "environ_overrides": terminated,
            "content_type": "application/json",
        }

    def ask(sub: str) -> TestResponse:
        again = options | ({"input_stream": BytesIO(long)} if framing == "chunks" else {})
        return gateway.client_for(sub).request("POST", "/v1/links", **again)

    gateway.app.view_functions["links.create_links"] = held
    with ThreadPoolExecutor(MOST_IN_WORK + 2) as pool:
        waiting = [pool.submit(ask, ALICE) for _ in range(MOST_IN_WORK)]
        for _ in waiting:
            assert held.arrived.acquire(timeout=60)
        refused = ask(ALICE)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        others = pool.submit(ask, BOB)
        assert held.arrived.acquire(timeout=60)
        gateway.app.view_functions["links.create_links"] = view
        assert gateway.client_for(ALICE).post("/v1/links", LINKS).status_code == 200
        listed = pool.submit(gateway.client_for(ALICE).get, "/v1/assets")
        assert held.arrived.acquire(timeout=60)
        held.let_go.set()
        assert {each.result().status_code for each in [*waiting, others, listed]} == {200}
    assert ask(ALICE).status_code == 200


def test_t55_an_administrator_is_counted_for_all_that_it_acts_for(
    gateway: Gateway, held: Held
) -> None:
    """T55: not those: they may have work of their own."""
    admin = gateway.client_for(BOB, **{"cognito:groups": ["admins"]})
    with ThreadPoolExecutor(MOST_IN_WORK) as pool:
        for number in range(MOST_IN_WORK):
            headers = {"X-Act-As-Sub": f"user-{number}"}
            pool.submit(admin.get, "/v1/assets", headers=headers)
            assert held.arrived.acquire(timeout=60)
        headers = {"X-Act-As-Sub": ALICE}
        assert admin.get("/v1/assets", headers=headers).status_code == 429
        held.let_go.set()
        assert gateway.client_for(ALICE).get("/v1/assets").status_code == 200


def test_t55_what_fails_is_in_work_no_longer(gateway: Gateway) -> None:
    """T55: a crash, a fault in the body and a refused one all make room again."""

    def crash(**_: object) -> str:
        raise RuntimeError

    gateway.app.view_functions["assets.list_assets"] = crash
    alice, statuses = gateway.client_for(ALICE), Counter[int]()
    for _ in range(2 * MOST_IN_WORK):
        statuses[alice.get("/v1/assets").status_code] += 1
        statuses[alice.post("/v1/shares", {}).status_code] += 1
        statuses[alice.request("POST", "/v1/shares", data=b"x" * 70_000).status_code] += 1
    assert statuses == {500: 12, 422: 12, 413: 12}


def test_t55_a_streamed_answer_is_in_work_until_its_end(gateway: Gateway) -> None:
    """T55: an export that nobody reads on counts."""
    gateway.app.view_functions["me.export_me"] = lambda: gateway.app.response_class(
        iter([b"a", b"b"]), mimetype="application/x-ndjson"
    )
    alice = gateway.client_for(ALICE)
    streams = [alice.get("/v1/me/export", buffered=False) for _ in range(MOST_IN_WORK)]
    assert alice.get("/v1/me/export").status_code == 429
    for stream in streams:
        stream.close()
    assert alice.get("/v1/me/export").status_code == 200
