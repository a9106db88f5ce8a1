"""The whole gateway while Redis comes and goes: no request fails for it (T25)."""

from __future__ import annotations

import logging
import uuid

import pytest

from tests.gateway import running_gateway, send
from tests.limits.redis_server import RedisServer
from tests.samples import png
from tests.stores.store import Store

PNG = png()


def test_t25_a_gateway_outlives_its_redis(
    swift_store: Store, mortal_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """T25: with uploads under way Redis is killed: they complete, new ones start, quotas hold."""
    bucket = swift_store.create_bucket()
    environment = {"REDIS_URL": mortal_redis.url, "QUOTA_BYTES": str(4 * len(PNG))}
    with (
        running_gateway(swift_store, bucket, **environment) as one,
        running_gateway(swift_store, bucket, **environment) as two,
    ):
        # Making an application takes the root's handlers away.
        logging.getLogger("gateway.limits").addHandler(caplog.handler)
        sub = str(uuid.uuid4())
        here, there = one.client_for(sub), two.client_for(sub)
        started = here.start(len(PNG))
        there.start(3 * len(PNG), filename="b.png")
        wanted = {"filename": "c.png", "content_type": "image/png", "size": 1}
        assert here.post("/v1/uploads", wanted).status_code == 413
        assert there.post("/v1/uploads", wanted).status_code == 413
        assert here.get("/v1/me").json["usage"]["remaining_bytes"] == 0
        send(started, PNG)
        mortal_redis.kill()
        answer = here.post(f"/v1/uploads/{started['upload_id']}/complete")
        assert answer.status_code == 200, answer.json
        assert there.get("/v1/me").json["usage"]["bytes"] == len(PNG)
        assert here.upload(PNG)["size"] == len(PNG)
        assert there.upload(PNG)["size"] == len(PNG)
        answer = here.post("/v1/uploads", {**wanted, "size": 3 * len(PNG)})
        assert answer.status_code == 413
    logging.getLogger("gateway.limits").removeHandler(caplog.handler)
    lost = [record for record in caplog.records if "lost" in record.message]
    assert len(lost) == 2, "one for each process"
