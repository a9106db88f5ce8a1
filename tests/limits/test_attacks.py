"""The quota attacked through the whole gateway, and used honestly at its edge (T51, T52)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from app import services
from app.domain.errors import Problem
from app.events.handler import Handler
from app.events.queue import Queue
from app.events.reports import Reports
from app.signing.tokens import SignedTokens
from config import Settings
from tests.domain.test_events import by_s3, s3_record
from tests.gateway import SECRET, Caller, Gateway, gateway_environment, running_gateway, send
from tests.samples import png
from tests.stores.store import Store
from tests.waiting import eventually

PNG = png()
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/events"


class NoQueue(Queue):
    """Takes what the handler reports."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, body: str, delay_seconds: int = 0) -> None:
        self.sent.append(body)


class Worker:
    """``flask events`` at the end of a queue that a test fills."""

    def __init__(self, environment: dict[str, str], bucket: str) -> None:
        self._bucket = bucket
        self._queue = NoQueue()
        built = services.build(Settings.from_env(environment))
        reports = Reports(bucket, self._queue, SignedTokens([SECRET], "report", 600))
        lone = built.assets.lone_previews
        self._handler = Handler(bucket, built.assets.completion, lone, reports, None)

    def hear_of(self, key: str) -> None:
        """S3 says that the object has come; as the queue does, again if that failed."""
        record = s3_record("ObjectCreated:Put", key)
        record["s3"]["bucket"]["name"] = self._bucket
        record["eventTime"] = datetime.now(UTC).isoformat()
        assert eventually(lambda: self._handled(by_s3(record)), 20)

    def _handled(self, message: str) -> bool:
        try:
            self._handler.handle(message)
        except Problem:
            return False
        return True


@contextmanager
def site(
    store: Store, redis_url: str, quota: int, **more: str
) -> Iterator[tuple[Callable[[], Caller], Gateway, Worker]]:
    """Two gateways and a worker over one Redis; the caller's requests go to either in turn."""
    bucket = store.create_bucket()
    settings = {"REDIS_URL": redis_url, "QUOTA_BYTES": str(quota), **more}
    with (
        running_gateway(store, bucket, **settings) as one,
        running_gateway(store, bucket, **settings) as two,
    ):
        worker = Worker(gateway_environment(store, bucket) | settings, bucket)
        sub = str(uuid.uuid4())
        turns = [one.client_for(sub), two.client_for(sub)]

        def either() -> Caller:
            turns.reverse()
            return turns[0]

        yield either, one, worker


def stored(gateway: Gateway) -> int:
    """Bytes in the bucket, asked of the store itself."""
    pages = gateway.store.client().get_paginator("list_objects_v2").paginate(Bucket=gateway.bucket)
    return sum(found["Size"] for page in pages for found in page.get("Contents", []))


@pytest.mark.parametrize("undo", ["delete", "move"])
def test_t51_sending_again_on_a_url_that_lives_passes_no_quota(
    swift_store: Store, redis_url: str, undo: str
) -> None:
    """T51: send, complete, delete or move, send again, and declare anew, again and again."""
    with site(swift_store, redis_url, 10 * len(PNG)) as (caller, gateway, _):
        body = PNG + b"\0" * (8 * len(PNG))
        urls, refused = [], set()
        for _round in range(6):
            answer = caller().post(
                "/v1/uploads",
                {"filename": "a.png", "content_type": "image/png", "size": len(body)},
            )
            refused.add(answer.status_code)
            if answer.status_code == 201:
                urls.append(answer.json)
            for started in urls:
                send(started, body)
                caller().post(f"/v1/uploads/{started['upload_id']}/complete")
                path = started["path"]
                if undo == "delete":
                    caller().delete(f"/v1/assets/{path}")
                else:
                    wanted = {"path": path, "project_id": "p"}
                    moved = caller().post("/v1/assets/move", wanted)
                    assert moved.status_code == 413, moved.json
                    assert moved.json["frees_at"]
                send(started, body)
            assert stored(gateway) <= 10 * len(PNG)
        assert len(urls) == 1
        assert refused == {201, 413}
        usage = caller().get("/v1/me").json["usage"]
        assert usage["bytes"] + usage["reserved_bytes"] + usage["remaining_bytes"] == 10 * len(PNG)


def test_t52_a_package_at_the_quotas_edge_arrives_whole(swift_store: Store, redis_url: str) -> None:
    """T52: 12 files of 97 % of the quota, moved at once while the worker hears of each of them;
    T51: what the first URLs bring again afterwards goes."""
    files = 12
    quota = files * len(PNG) * 100 // 97
    with site(swift_store, redis_url, quota, EVENTS_QUEUE_URL=QUEUE) as (caller, gateway, worker):
        package = str(uuid.uuid4())
        uploads = [
            caller().start(len(PNG), filename=f"f{number}.png", asset_id=package)
            for number in range(files)
        ]
        for started in uploads:
            assert send(started, PNG).status in (200, 201)
            answer = caller().post(f"/v1/uploads/{started['upload_id']}/complete")
            assert answer.status_code == 200, answer.json
        ended = threading.Event()

        def hear() -> None:
            while not ended.is_set():
                for started in uploads:
                    worker.hear_of(started["key"])

        with ThreadPoolExecutor(2) as pool:
            heard = [pool.submit(hear) for _ in range(2)]
            moved = caller().post(
                "/v1/assets/move", {"path": f"image/{package}", "project_id": "p"}
            )
            ended.set()
            for each in heard:
                each.result()
        assert moved.status_code == 201, moved.json
        made = [key for key in keys_of(gateway, files) if f"/{package}/" not in key]
        assert len(made) == files
        for key in made:
            worker.hear_of(key)
        assert keys_of(gateway, files) == sorted(made)
        again = caller().post("/v1/assets/move", {"path": moved.json["path"], "project_id": "q"})
        assert again.status_code == 201, "no URL can bring back what was copied"
        for started in uploads:
            send(started, PNG)
            worker.hear_of(started["key"])
        assert eventually(lambda: stored(gateway) <= quota, 10)
        assert len(keys_of(gateway, files)) == files


def keys_of(gateway: Gateway, expected: int) -> list[str]:
    """All keys, once Swift, which lists what is gone for a moment longer, agrees."""
    eventually(lambda: len(gateway.stored_keys()) == expected, 10)
    return sorted(gateway.stored_keys())
