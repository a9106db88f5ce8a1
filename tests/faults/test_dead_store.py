"""A dead store: for how long it holds a thread, and that it never holds all of them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import urllib3

from app.domain.paths import AssetPath
from app.domain.uploads import Method, Upload
from app.operations.health import Readiness
from app.s3.bulkhead import PLACES
from app.s3.client import READ_SECONDS
from app.signing.tokens import SignedTokens
from tests.faults.answers import check_problem, check_signing_goes_on
from tests.faults.dead_stores import closed, silent, unreachable
from tests.faults.servers import Server, serving
from tests.gateway import ALICE, BOB, SECRET, Caller, running_gateway
from tests.stores.store import Store

PATH = "image/0199b2a4-0000-7000-8000-000000000000/a.png"
#: Nearly as long as a request waits for a silent store: on a busy machine, who is told at once is
#: told in less.
WAITED_SECONDS = READ_SECONDS - 2
#: An answer that is headers alone, and one with a document.
TWO_WAYS: tuple[Callable[[Caller], object], ...] = (
    lambda caller: caller.get(f"/v1/assets/{PATH}"),
    lambda caller: caller.get("/v1/assets"),
)


@pytest.mark.parametrize(
    ("dead", "least", "most"), [(closed, 0, 5), (unreachable, 6, 11)], ids=["closed", "unreachable"]
)
def test_a_store_that_cannot_be_connected_to(
    dead: Callable[[], AbstractContextManager[Store]], least: float, most: float
) -> None:
    """Three attempts of two seconds at the most, then a 503; links go on meanwhile."""
    with dead() as store, running_gateway(store, "bucket-one") as gateway:
        caller = gateway.client_for(ALICE)
        with ThreadPoolExecutor(len(TWO_WAYS)) as pool:
            began = time.monotonic()
            asked = [pool.submit(way, caller) for way in TWO_WAYS]
            check_signing_goes_on(caller)
            for answer in (each.result() for each in asked):
                found = check_problem(answer.status_code, answer.headers, answer.data, gateway)
                assert found["status"] == 503
            assert least <= time.monotonic() - began < most


@pytest.mark.parametrize("way", ["look", "list", "delete many", "look at multipart"])
def test_a_silent_store_is_asked_once(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not answered in time is not asked again, on no way to the store."""
    monkeypatch.setattr("app.s3.client.READ_SECONDS", 0.3)
    monkeypatch.setattr("app.s3.client.SLOW_SECONDS", 0.3)
    ask: dict[str, Callable[[Caller], object]] = {
        "look": TWO_WAYS[0],
        "list": TWO_WAYS[1],
        "delete many": lambda caller: caller.post("/v1/assets/delete", {"paths": [PATH]}),
        "look at multipart": lambda caller: caller.get(f"/v1/uploads/{large_upload()}"),
    }
    with silent() as dead, running_gateway(dead.store, "bucket-one") as gateway:
        answer = ask[way](gateway.client_for(ALICE))
        check_problem(answer.status_code, answer.headers, answer.data, gateway)
        asked = dead.requests()
        assert asked
        assert len(set(asked)) == len(asked)


def test_requests_that_hang_leave_threads_for_those_that_need_no_store() -> None:
    """One worker, 40 requests of ten users on a silent store: links are signed as if nothing were.

    Of one user six wait, for ten seconds and no longer; the others are told at once to come again,
    whether the store or the user is at its bound. The
    process is up and says that it is not ready, and nothing hangs afterwards.
    """
    with silent() as dead, serving(dead.store, "bucket-one") as server:
        users = [server.seen_by(f"user-{number}") for number in range(10)]
        upload_ids = [started(user) for user in users]
        refused = threading.Event()

        def hang(number: int) -> tuple[int, float]:
            user, upload_id = number % len(users), upload_ids[number % len(users)]
            kinds = (
                ("GET", "/v1/assets"),
                ("GET", f"/v1/assets/{PATH}"),
                ("POST", f"/v1/uploads/{upload_id}/complete"),
                ("GET", "/readyz"),
            )
            began = time.monotonic()
            method, path = kinds[number // len(users)]
            answer = users[user].request(method, path, json={} if method == "POST" else None)
            took = time.monotonic() - began
            if took < WAITED_SECONDS:
                refused.set()
            return answer.status, took

        with ThreadPoolExecutor(40) as pool:
            hanging = [pool.submit(hang, number) for number in range(40)]
            assert refused.wait(WAITED_SECONDS)
            slowest = max(seconds(server.links) for _ in range(5))
            # On a busy machine; behind the hanging ones it would be ten seconds.
            assert slowest < 5, slowest
            assert server.request("GET", "/healthz").status == 200
            assert not all(each.done() for each in hanging)
            answers = [each.result() for each in hanging]
        assert {status for status, _ in answers} <= {429, 503}
        waited = [took for _, took in answers if took > WAITED_SECONDS]
        assert 0 < len(waited) <= PLACES + 1
        assert max(waited) < 2 * READ_SECONDS, "asked a second time"
        assert server.links().status == 200
        assert "the storage is slow" in server.output()


def test_t55_one_user_on_a_silent_store_holds_up_nobody() -> None:
    """T55: 100 requests at once of one user, for whatever waits for the store: another's links come
    at once, and its own requests find places. What is too much is a 429 at once."""
    calls = ["GET /v1/me", "GET /v1/assets", "GET /v1/shares", "GET /v1/me/export"]
    with silent() as dead, serving(dead.store, "bucket-one") as server:
        bob = server.seen_by(BOB)
        bob.links()
        turned_away = threading.Semaphore(0)

        def ask(user: Server, call: str) -> int:
            status = user.request(*call.split()).status
            turned_away.release()
            return status

        with ThreadPoolExecutor(101) as pool:
            asked = [pool.submit(ask, server, calls[number % 4]) for number in range(100)]
            for _ in range(90):
                assert turned_away.acquire(timeout=WAITED_SECONDS)
            theirs = pool.submit(ask, bob, "GET /v1/assets")
            # On a busy machine; behind the others it would be ten seconds.
            assert max(seconds(bob.links) for _ in range(5)) < 5
            assert {each.result() for each in asked if each.done()} == {429}
            # It waits for the store in a place of its own.
            assert not theirs.done()
            dead.hang_up()
            assert theirs.result() == 503
            assert {each.result() for each in asked} == {429, 503}


def started(server: Server) -> str:
    wanted = {"filename": "a.png", "content_type": "image/png", "size": 1}
    answer = server.request("POST", "/v1/uploads", json=wanted)
    assert answer.status == 201, answer.data
    return str(answer.json()["upload_id"])


def seconds(ask: Callable[[], urllib3.BaseHTTPResponse]) -> float:
    began = time.monotonic()
    assert ask().status == 200
    return time.monotonic() - began


def large_upload() -> str:
    """An id as of a multipart upload that Alice began."""
    upload = Upload(
        ALICE,
        AssetPath.parse(PATH),
        Method.MULTIPART,
        mark="mark",
        content_type="image/png",
        size=1,
        s3_upload_id="an-upload-id",
        part_size=5 * 1024**2,
    )
    return SignedTokens([SECRET], "upload", 3600).sign(upload.to_claims())


def test_there_are_more_threads_than_places() -> None:
    """What the configuration starts is more than may wait for the store."""
    configuration = (Path(__file__).parents[2] / "gunicorn.conf.py").read_text()
    [threads] = re.findall(r"^threads = (\d+)$", configuration, re.M)
    assert int(threads) >= PLACES + 4


def test_probes_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one probe waits for a silent store, another is told after a moment that it failed."""
    monkeypatch.setattr("app.operations.health.PATIENCE_SECONDS", 0.05)
    asked, answered = threading.Event(), threading.Event()

    def storage() -> bool:
        asked.set()
        return answered.wait(60)

    readiness = Readiness({"identity": lambda: True, "storage": storage})
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(readiness.verdict)
        assert asked.wait(60)
        assert readiness.verdict() == {"identity": True, "storage": False}
        answered.set()
        assert first.result() == {"identity": True, "storage": True}
    assert readiness.verdict() == {"identity": True, "storage": True}
