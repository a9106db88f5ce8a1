"""Reports in the queue: how long they may lie there."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from app.domain.events import AssetEvent, EventType
from app.domain.notifications import Unreadable
from app.events.reports import LIFE_SECONDS, Reports
from app.signing.tokens import SignedTokens

EVENT = AssetEvent("an-id", EventType.REJECTED, '{"type": "asset.rejected"}')
DAY = 86_400


class Written:
    """A queue that keeps what is sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send(self, body: str, delay_seconds: int = 0) -> None:
        self.bodies.append(body)


@pytest.mark.parametrize(("days", "is_told"), [(13, True), (27, True), (29, False)])
def test_a_report_outlives_its_queue_and_its_return(
    days: int, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS keeps it for 14 days, dead letters included, and for as many when it was sent back."""
    queue = Written()
    seals = SignedTokens(["a secret key of thirty-two characters"], "report", LIFE_SECONDS)
    reports = Reports("bucket", queue, seals)  # type: ignore[arg-type]
    reports.leave(EVENT)
    later = time.time() + days * DAY
    monkeypatch.setattr("app.signing.tokens.time", SimpleNamespace(time=lambda: later))
    if is_told:
        found = reports.read(queue.bodies[0])
        assert found is not None
        assert found.event == EVENT
    else:
        with pytest.raises(Unreadable):
            reports.read(queue.bodies[0])


def test_a_report_says_its_facts_by_name_and_one_of_version_0_1_is_told() -> None:
    """The queue may hold reports by position while the gateway is updated."""
    queue = Written()
    seals = SignedTokens(["a secret key of thirty-two characters"], "report", LIFE_SECONDS)
    reports = Reports("bucket", queue, seals)  # type: ignore[arg-type]
    reports.leave(EVENT, "crm")
    reports.leave(EVENT)
    claims = [seals.verify(json.loads(body)["asset-gateway-report"]) for body in queue.bodies]
    facts = {"id": EVENT.id, "type": "asset.rejected", "body": EVENT.body}
    assert claims == [facts | {"receiver": "crm"}, facts]
    old = [[*facts.values()], [*facts.values(), "crm"]]
    bodies = [*queue.bodies, *(json.dumps({"asset-gateway-report": seals.sign(o)}) for o in old)]
    assert [reports.read(body) for body in bodies] == [
        (EVENT, "crm"),
        (EVENT, None),
        (EVENT, None),
        (EVENT, "crm"),
    ]
    with pytest.raises(Unreadable):
        reports.read(json.dumps({"asset-gateway-report": seals.sign({"id": "x"})}))
