"""Events from the bucket to the back end, by real worker processes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from standardwebhooks import Webhook
from werkzeug.test import Client

from app import create_app
from config import Settings
from devstack.account import Stack
from devstack.bootstrap import QUEUE, queue_url, tell_queue
from devstack.process import free_port, wait_until_answers
from devstack.receiver import Receiver
from devstack.testing import running_store
from tests.events.backend import OTHER_SECRET, SECRET, Backend, running_backend
from tests.events.processes import ROOT, Account
from tests.gateway import Caller, send
from tests.samples import HTML, png

PNG = png()
#: EVENTS_COUNT=10000 takes five minutes, most of them the local store's; the suite takes fewer.
COUNT = int(os.environ.get("EVENTS_COUNT", "200"))
PASSWORD = "Analytical-3ngine!"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_store() as running:
        yield running


@pytest.fixture
def account(stack: Stack) -> Iterator[Account]:
    """The one store, with queues of its own."""
    sqs = stack.client("sqs")
    for name in (QUEUE, f"{QUEUE}-dead"):
        sqs.delete_queue(QueueUrl=queue_url(stack, name))
    tell_queue(stack.client("s3"), sqs, stack.bucket)
    yield Account(stack)


@pytest.fixture
def backend() -> Iterator[Backend]:
    with running_backend() as running:
        yield running


def caller_on(account: Account, environment: dict[str, str]) -> Caller:
    """Somebody signed in at a gateway in this process."""
    email = f"{time.monotonic_ns()}@example.com"
    sub = account.stack.create_user(email, PASSWORD)
    token = account.stack.sign_in(email, PASSWORD)["AccessToken"]
    return Caller(create_app(Settings.from_env(environment)), sub, token)


def test_an_asset_is_told_from_arrival_to_deletion(account: Account, backend: Backend) -> None:
    """The browser closes after the last byte: the back end hears of it nevertheless."""
    environment = account.environment(backend.url)
    caller = caller_on(account, environment)
    with account.worker(backend.url):
        started = caller.start(len(PNG), metadata={"title": "Straße"})
        assert send(started, PNG).status == 200
        [created] = backend.wait_for_types("asset.created")
        shown = caller.get(f"/v1/assets/{started['path']}").json
        # Links are for who asks.
        del shown["link"], shown["preview"]
        # The worker reads the object's beginning, with which S3 tells no checksum of the whole.
        shown["checksum_crc64nvme"] = None
        assert created["data"] == {
            "sub": caller.sub,
            "actor": {"type": "user", "client_id": None},
            "asset": shown,
            "verified": True,
            "reason": None,
        }
        assert caller.delete(f"/v1/assets/{started['path']}").status_code == 204
        backend.wait_for_types("asset.created", "asset.deleted")
    for delivery in backend.deliveries:
        delivery.verify()


def test_t18_html_as_a_jpeg_is_removed_and_reported(account: Account, backend: Backend) -> None:
    """T18: through the queue alone, nobody calling complete; the version is gone for good."""
    caller = caller_on(account, account.environment(backend.url))
    with account.worker(backend.url):
        started = caller.start(len(HTML), filename="a.jpg", content_type="image/jpeg")
        assert send(started, HTML).status == 200
        events = backend.wait_for_types("asset.rejected", "asset.deleted")
    [rejected] = [event for event in events if event["type"] == "asset.rejected"]
    assert rejected["data"]["asset"]["key"] == started["key"]
    assert rejected["data"]["reason"]
    assert not account.exists(started["key"])


def test_a_receiver_that_is_away_holds_up_no_other(account: Account, backend: Backend) -> None:
    """Two of them by one worker: one hears of all at once, and once; the other when it is back."""
    with running_backend() as other:
        port = other.port
    environment = account.environment(
        backend.url, WEBHOOK_URL_SEARCH=other.url, WEBHOOK_SECRET_SEARCH=OTHER_SECRET
    )
    with account.worker(backend.url, "--threads", "1", environment=environment):
        for _ in range(5):
            account.put(PNG)
        backend.wait_for_types(*["asset.created"] * 5)
        with running_backend(port) as back:
            back.wait_for_types(*["asset.created"] * 5)
            assert all(delivery.verify(OTHER_SECRET) for delivery in back.deliveries)
    ids = [delivery.id for delivery in backend.deliveries]
    assert sorted(ids) == sorted(delivery.id for delivery in back.taken())
    assert account.waiting() == 0


def test_kill_9_before_the_acknowledgement_leaves_one_id(
    account: Account, backend: Backend
) -> None:
    """The receiver has the event, the queue still has the message: told again, by the same id."""
    told, forever = threading.Event(), threading.Event()

    def hang(_event_id: str) -> int:
        told.set()
        forever.wait(30)
        return 204

    backend.answer = hang
    with account.worker(backend.url, "--visibility-seconds", "3") as first:
        account.put(PNG)
        assert told.wait(30)
        first.kill()
    backend.answer = lambda _event_id: 204
    forever.set()
    with account.worker(backend.url) as second:
        backend.wait_for(lambda deliveries: len(deliveries) == 2)
        assert second.terminate() == 0
    assert len({delivery.id for delivery in backend.deliveries}) == 1
    assert account.waiting() == 0


def test_kill_9_after_a_removal_loses_no_report(account: Account, backend: Backend) -> None:
    """T21: the object is gone and its worker dead: the report is still told, by another."""
    backend.answer = lambda _event_id: 503
    with account.worker(backend.url, "--visibility-seconds", "3") as first:
        key = account.put(HTML)
        backend.wait_for(lambda deliveries: len(deliveries) >= 1)
        assert not account.exists(key)
        first.kill()
    backend.answer = lambda _event_id: 204
    with account.worker(backend.url):
        backend.wait_for_types("asset.rejected", "asset.deleted")


def test_sigterm_ends_it_after_the_message_in_hand(account: Account, backend: Backend) -> None:
    """The event in hand is delivered and acknowledged; the worker ends with 0."""
    told, on = threading.Event(), threading.Event()

    def slow(_event_id: str) -> int:
        told.set()
        assert on.wait(30)
        return 204

    backend.answer = slow
    with account.worker(backend.url) as worker:
        account.put(PNG)
        assert told.wait(30)
        worker.process.terminate()
        on.set()
        assert worker.process.wait(30) == 0
    assert account.waiting() == 0
    assert [delivery.status for delivery in backend.deliveries] == [204]


def test_sigterm_ends_an_idle_worker_at_once(account: Account, backend: Backend) -> None:
    """Waiting for messages is broken off: a deploy need not sit a long poll out."""
    with account.worker(backend.url) as worker:
        began = time.monotonic()
        assert worker.terminate() == 0
        assert time.monotonic() - began < 5


def test_what_happened_while_the_receiver_was_down_arrives_later(account: Account) -> None:
    """Nobody listens for a while; then everything comes."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    with account.worker(url) as worker, urllib3.PoolManager() as http:
        keys = {account.put(PNG) for _ in range(5)}

        def failures() -> float:
            text = http.request("GET", f"http://127.0.0.1:{worker.port}/metrics").data.decode()
            lines = [line for line in text.splitlines() if "failures_total{" in line]
            return sum(float(line.rpartition(" ")[2]) for line in lines)

        wait_for(lambda: failures() >= 5)
        with running_backend(port) as backend:
            backend.wait_for_types(*["asset.created"] * 5)
            assert {found.event["data"]["asset"]["key"] for found in backend.taken()} == keys


def test_nothing_is_lost_while_one_answer_in_ten_fails(account: Account, backend: Backend) -> None:
    """Two workers, a receiver that is out of order now and then: every event is taken once at
    least, under one id each, and the queue is empty in the end."""
    luck = random.Random(6)  # noqa: S311 - repeatable
    backend.answer = lambda _event_id: 500 if luck.random() < 0.1 else 204
    s3 = account.stack.client("s3", max_pool_connections=8)
    keys = [f"users/{account.stack.bucket}/image/{number}/a.png" for number in range(COUNT)]

    def put(key: str) -> None:
        s3.put_object(
            Bucket=account.stack.bucket,
            Key=key,
            Body=PNG,
            ContentType="image/png",
            Metadata={"upload": "m"},
        )

    began = time.monotonic()
    with (
        account.worker(backend.url, "--visibility-seconds", "15"),
        account.worker(backend.url, "--visibility-seconds", "15"),
        ThreadPoolExecutor(8) as pool,
    ):
        assert len(list(pool.map(put, keys))) == COUNT
        wait_for(lambda: len({found.id for found in backend.taken()}) >= COUNT, 120 + COUNT / 5)
        wait_for(lambda: account.waiting() == 0)
    seconds = time.monotonic() - began
    ids = {found.event["data"]["asset"]["key"]: found.id for found in backend.taken()}
    assert sorted(ids) == sorted(keys)
    assert len(set(ids.values())) == COUNT
    statuses = Counter(found.status for found in backend.deliveries)
    assert statuses[500] > COUNT / 20
    print(f"{COUNT} events in {seconds:.1f} s, attempts by status: {dict(statuses)}")


def test_poison_ends_in_the_dead_letter_queue(account: Account, backend: Backend) -> None:
    """What nobody can read is not deleted: the queue puts it aside, and other events go on."""
    sqs = account.stack.client("sqs")
    url = queue_url(account.stack)
    arn = sqs.get_queue_attributes(
        QueueUrl=queue_url(account.stack, f"{QUEUE}-dead"), AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "1"}}'
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    with account.worker(backend.url):
        sqs.send_message(QueueUrl=url, MessageBody="poison")
        account.put(PNG)
        backend.wait_for_types("asset.created")
        dead = queue_url(account.stack, f"{QUEUE}-dead")

        def bodies() -> list[str]:
            found = sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0)
            return [message["Body"] for message in found.get("Messages", [])]

        wait_for(lambda: bodies() == ["poison"])


def test_without_a_queue_the_gateway_tells_itself(account: Account, backend: Backend) -> None:
    """`complete` and a deletion are told, by the id that a worker would have used."""
    environment = account.environment(backend.url)
    queue = environment.pop("EVENTS_QUEUE_URL")
    caller = caller_on(account, environment)
    asset = caller.upload(PNG)
    [told] = backend.wait_for_types("asset.created")
    del asset["link"], asset["preview"]
    assert told["data"]["asset"] == asset
    by_worker = environment | {"EVENTS_QUEUE_URL": queue}
    with account.worker(backend.url, environment=by_worker):
        backend.wait_for(lambda deliveries: len(deliveries) == 2)
    assert backend.deliveries[0].id == backend.deliveries[1].id
    assert backend.deliveries[0].body == backend.deliveries[1].body
    bad = caller.start(len(HTML))
    assert send(bad, HTML).status == 200
    assert caller.post(f"/v1/uploads/{bad['upload_id']}/complete").status_code == 422
    assert caller.delete(f"/v1/assets/{asset['path']}").status_code == 204
    backend.wait_for_types("asset.created", "asset.rejected", "asset.deleted")


def test_with_a_queue_the_gateway_tells_nothing(account: Account, backend: Backend) -> None:
    """The worker alone tells, so that nothing is told of what it would have refused."""
    caller = caller_on(account, account.environment(backend.url))
    before = set(threading.enumerate())
    caller.upload(PNG)
    begun = {thread.name for thread in set(threading.enumerate()) - before}
    assert not any(name.startswith("webhook") for name in begun)
    assert not backend.deliveries


EXAMPLES = {
    "python": [sys.executable, "docs/examples/receiver.py"],
    "node": [shutil.which("node") or "node", "docs/examples/receiver.mjs"],
}


@pytest.mark.parametrize("language", EXAMPLES)
def test_t41_the_documented_receivers_refuse_forgeries(language: str) -> None:
    """T41: signed bytes pass, once handled per id; anything else is a 400."""
    port = free_port()
    process = subprocess.Popen(
        [*EXAMPLES[language], str(port)],
        cwd=ROOT,
        env=os.environ | {"WEBHOOK_SECRET": SECRET, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_until_answers(f"http://127.0.0.1:{port}/", alive=lambda: process.poll() is None)
        statuses = answers_to_forgeries(f"http://127.0.0.1:{port}/webhook")
    finally:
        process.terminate()
        output = process.communicate(timeout=10)[0]
    assert statuses == EXPECTED
    assert output.count("asset.created users/a/image/b.png") == 1


def test_t41_the_local_receiver_refuses_forgeries_and_shows_the_rest() -> None:
    """T41: the demo's back end is held to the same; its list is one user's, each event once."""
    receiver = Receiver(["whsec_" + "A" * 32, SECRET], ["http://localhost:3000"])
    client = Client(receiver)
    for name, (headers, body, status) in forgeries().items():
        expected = 204 if status == 204 else 400
        answer = client.post("/webhook", headers=headers, data=body)
        assert answer.status_code == expected, name
    origin = {"Origin": "http://localhost:3000"}
    shown = client.get("/events.json?sub=a", headers=origin)
    assert [event["type"] for event in shown.json["events"]] == ["asset.created"]
    assert shown.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert client.get("/events.json?sub=b").json == {"events": []}
    assert client.get("/events.json?sub=a&after=1").json == {"events": []}
    foreign = client.get("/events.json?sub=a", headers={"Origin": "http://evil.example"})
    assert "Access-Control-Allow-Origin" not in foreign.headers
    stream = client.get("/events?sub=a")
    assert stream.mimetype == "text/event-stream"
    blocks = iter(stream.response)
    assert [next(blocks), next(blocks)][1].startswith(b"id: 1\nevent: asset\ndata: {")
    stream.close()


BODY = (
    '{"type":"asset.created",'
    '"data":{"sub":"a","asset":{"key":"users/a/image/b.png"},"reason":null}}'
)


def forgeries() -> dict[str, tuple[dict[str, str], str, int]]:
    """Requests by name: headers, body, and the status that they deserve."""
    now = datetime.now(UTC)

    def signed(secret: str = SECRET, at: datetime = now, body: str = BODY) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "webhook-id": "evt_1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign("evt_1", at, body),
        }

    rotated = f"{signed(OTHER_SECRET)['webhook-signature']} {signed()['webhook-signature']}"
    without = {name: text for name, text in signed().items() if name != "webhook-signature"}
    long_ago, soon = now - timedelta(minutes=6), now + timedelta(minutes=6)
    return {
        "true": (signed(), BODY, 204),
        "again": (signed(), BODY, 204),
        "second of two signatures": (signed() | {"webhook-signature": rotated}, BODY, 204),
        "other secret": (signed(OTHER_SECRET), BODY, 400),
        "other body": (signed(), BODY.replace("b.png", "c.png"), 400),
        "other id": (signed() | {"webhook-id": "evt_2"}, BODY, 400),
        "other time": (signed() | {"webhook-timestamp": str(int(soon.timestamp()))}, BODY, 400),
        "old": (signed(at=long_ago), BODY, 400),
        "future": (signed(at=soon), BODY, 400),
        "unsigned": (without, BODY, 400),
        "no time": (signed() | {"webhook-timestamp": ""}, BODY, 400),
        "no number": (signed() | {"webhook-timestamp": "nan"}, BODY, 400),
        "empty signature": (signed() | {"webhook-signature": "v1,"}, BODY, 400),
        "garbage": (signed() | {"webhook-signature": "v1"}, BODY, 400),
        "other version": (
            signed() | {"webhook-signature": signed()["webhook-signature"].replace("v1", "v2")},
            BODY,
            400,
        ),
    }


EXPECTED = {name: status for name, (_, _, status) in forgeries().items()}


def answers_to_forgeries(url: str) -> dict[str, int]:
    return {
        name: urllib3.request("POST", url, headers=headers, body=body, retries=False).status
        for name, (headers, body, _) in forgeries().items()
    }


def wait_for(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.1)
