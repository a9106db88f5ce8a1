"""A store that answers with faults."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.stdlib import ProcessorFormatter
from werkzeug.test import TestResponse

from tests.faults.answers import check_problem, check_signing_goes_on
from tests.gateway import ALICE, Caller, Gateway, fetch, running_gateway, send
from tests.s3.raw_store import Asked, RawStore, response
from tests.samples import png
from tests.stores.cors import CorsProxy
from tests.stores.faults import Answer, Cut, Fault, Weather
from tests.stores.store import Store

pytestmark = pytest.mark.store
PNG = png()
LARGE = png(64, 64)  # in one part, which may be as small as it likes
ALWAYS = 1000


@dataclass
class Stage:
    """What a user has when the weather turns: a shared asset, and two uploads, sent already."""

    caller: Caller
    asset: dict[str, Any]
    sent: dict[str, Any]
    large: dict[str, Any]
    share: str


@pytest.fixture
def stage(ada: Caller) -> Stage:
    asset = ada.upload(PNG)
    sent = ada.start(len(PNG))
    send(sent, PNG)
    large = ada.start(len(LARGE), method="multipart")
    [part] = large["parts"]
    assert fetch("PUT", part["url"], LARGE).status == 200
    share = ada.post("/v1/shares", {"path": asset["path"]}).json["url"]
    return Stage(ada, asset, sent, large, share)


NEW = {"filename": "b.png", "content_type": "image/png", "size": 1, "method": "multipart"}
ROUTES: dict[str, Callable[[Stage], TestResponse]] = {
    "list": lambda at: at.caller.get("/v1/assets"),
    "get": lambda at: at.caller.get(f"/v1/assets/{at.asset['path']}"),
    "complete": lambda at: at.caller.post(f"/v1/uploads/{at.sent['upload_id']}/complete"),
    "complete multipart": lambda at: at.caller.post(
        f"/v1/uploads/{at.large['upload_id']}/complete"
    ),
    "begin multipart": lambda at: at.caller.post("/v1/uploads", NEW),
    "look at multipart": lambda at: at.caller.get(f"/v1/uploads/{at.large['upload_id']}"),
    "open share": lambda at: at.caller.get(at.share),
    "delete many": lambda at: at.caller.post("/v1/assets/delete", {"paths": [at.asset["path"]]}),
    "delete": lambda at: at.caller.delete(f"/v1/assets/{at.asset['path']}"),
}
FAULTS: dict[str, Callable[[], Fault]] = {
    "500": lambda: Answer(status=500, code="InternalError", times=ALWAYS),
    "503 SlowDown": lambda: Answer(times=ALWAYS),
    "cut": lambda: Cut(of="answer", times=ALWAYS),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_store_is_a_503_until_it_is_well(
    stage: Stage, gateway: Gateway, weather: Weather, fault: str, route: str
) -> None:
    """Each route: 503 with Retry-After and nothing of upstream; links go on; then all is well."""
    weather.expect(FAULTS[fault]())
    answer = ROUTES[route](stage)
    found = check_problem(answer.status_code, answer.headers, answer.data, gateway)
    assert found["status"] == 503
    check_signing_goes_on(stage.caller)
    weather.clear()
    again = ROUTES[route](stage)
    assert again.status_code in (200, 201, 204, 302), again.json
    check_nothing_is_half_done(stage, route)


def check_nothing_is_half_done(stage: Stage, route: str) -> None:
    """What the route did is there once and whole, and the rest is untouched."""
    listed = {item["path"]: item["size"] for item in stage.caller.get("/v1/assets").json["items"]}
    expected = {stage.asset["path"]: len(PNG), stage.sent["path"]: len(PNG)}
    if route == "complete multipart":
        expected[stage.large["path"]] = len(LARGE)
    if route.startswith("delete"):
        del expected[stage.asset["path"]]
    assert listed == expected


@pytest.mark.parametrize("politely", [False, True], ids=["reset", "closed"])
@pytest.mark.parametrize("route", ["list", "look at multipart", "complete", "open share"])
def test_an_answer_cut_in_its_middle_is_no_answer(
    stage: Stage, gateway: Gateway, weather: Weather, route: str, politely: bool
) -> None:
    """Half a listing, half of the first bytes or of a record: 503, and nothing is judged by it."""
    cut = Cut(method="GET", of="answer", after_bytes=40, politely=politely, times=ALWAYS)
    weather.expect(cut)
    answer = ROUTES[route](stage)
    assert check_problem(answer.status_code, answer.headers, answer.data, gateway)["status"] == 503
    check_signing_goes_on(stage.caller)
    weather.clear()
    assert ROUTES[route](stage).status_code in (200, 302)
    check_nothing_is_half_done(stage, route)


@pytest.mark.parametrize("route", ["list", "get", "complete", "delete many", "delete"])
def test_a_passing_fault_is_not_seen(stage: Stage, weather: Weather, route: str) -> None:
    """Two bad answers in a row, each of another kind, are asked again for: the caller sees none."""
    weather.expect(Answer(status=500, code="InternalError"), Cut(of="answer"))
    assert ROUTES[route](stage).status_code in (200, 204)


def test_the_caller_is_told_to_wait_longer_when_the_store_asks_to_slow_down(
    ada: Caller, weather: Weather
) -> None:
    """SlowDown: ten seconds, and a sentence that says why."""
    weather.expect(Answer(times=ALWAYS))
    answer = ada.get("/v1/assets")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json["detail"] == "The storage asks to slow down"


def test_a_lost_answer_to_a_completion_is_made_up_for(
    stage: Stage, weather: Weather, line: CorsProxy
) -> None:
    """The store put the parts together and its answer got lost: the same call still succeeds."""
    weather.expect(Cut(method="POST", contains="uploadId", of="answer"))
    answer = ROUTES["complete multipart"](stage)
    assert answer.status_code == 200, answer.json
    check_nothing_is_half_done(stage, "complete multipart")


def test_a_slow_store_slows_those_who_need_it(stage: Stage, weather: Weather) -> None:
    """Bytes that drip are waited for; links are signed meanwhile."""
    weather.bytes_per_second = 600
    with ThreadPoolExecutor(1) as pool:
        listing = pool.submit(ROUTES["list"], stage)
        check_signing_goes_on(stage.caller)
        assert not listing.done()
        answer = listing.result()
    assert answer.status_code == 200
    assert len(answer.json["items"]) == 2


def test_a_load_balancer_s_page_is_a_503_as_well() -> None:
    """What stands before a store answers 502 and 503 in HTML, which is no garbled answer."""
    page = b"<html><h1>503 Service Unavailable<hr></html>"

    def respond(asked: Asked) -> tuple[bytes, ...]:
        return response("503 X", b"" if asked.method == "HEAD" else page), b""

    with RawStore(respond) as balancer:
        store = Store("page", balancer.endpoint, "eu-central-1", "key", "secret", frozenset())
        with running_gateway(store, "bucket-one") as gateway:
            caller = gateway.client_for(ALICE)
            for path in ("/v1/assets", "/v1/assets/image/0199b2a4/a.png"):
                answer = caller.get(path)
                check_problem(answer.status_code, answer.headers, answer.data, gateway)
                assert answer.status_code == 503


def test_what_is_logged_of_a_fault_holds_no_secret(stage: Stage, weather: Weather) -> None:
    """T37: what is asked again is told by its operation and its kind of fault, without a URL."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    formatters = (each.formatter for each in logging.getLogger().handlers)
    [ours] = (each for each in formatters if isinstance(each, ProcessorFormatter))
    handler.setFormatter(ours)
    logging.getLogger().addHandler(handler)
    try:
        weather.expect(FAULTS["cut"]())
        for route in ("list", "get", "delete many", "look at multipart"):
            assert ROUTES[route](stage).status_code == 503
    finally:
        logging.getLogger().removeHandler(handler)
    written = lines.getvalue()
    assert "head_object: ProtocolError on attempt 3" in written
    assert "unhandled" not in written
    assert not re.search(r"X-Amz-(Signature|Credential)=[^\[]", written)
    assert stage.caller.token not in written
