"""Without a queue: best effort, off the request's thread, and what is lost is counted."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from app.domain.actors import USER
from app.domain.events import AssetEvent, EventType
from app.events import notifier as direct
from app.events.notifier import Notifier
from app.events.receivers import Receiver
from app.events.webhooks import DeliveryFailed
from tests.domain.test_events import KEY, stored_object
from tests.waiting import eventually


class Sender:
    """Fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.attempts: list[AssetEvent] = []
        self.threads: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def send(self, event: AssetEvent) -> None:
        self.gate.wait(60)
        self.attempts.append(event)
        self.threads.add(threading.current_thread().name)
        if len(self.attempts) <= self.failures:
            raise DeliveryFailed("the webhook answered 503")


#: As they are, before ``hasty`` shortens them.
PAUSES_SECONDS = direct.PAUSES_SECONDS


def lost() -> float:
    name = "gateway_webhooks_lost_total"
    types = ("asset.created", "asset.rejected", "asset.deleted")
    return sum(
        REGISTRY.get_sample_value(name, {"receiver": "crm", "type": kind}) or 0 for kind in types
    )


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct, "PAUSES_SECONDS", (0.0, 0.0, 0.0))


def notifier(sender: Sender, *types: EventType) -> Notifier:
    return Notifier("media", [Receiver("crm", sender, frozenset(types))])


def test_verdicts_become_events() -> None:
    """Good, bad, and a back end's own; none on the thread that asked."""
    sender = Sender()
    teller = notifier(sender)
    teller.verified(stored_object(), None, USER)
    teller.verified(stored_object(), "not a PNG", USER)
    teller.verified(stored_object(metadata={}), "not a PNG", USER)
    teller.deleted([KEY, "users/a/shares/x.json", "elsewhere"], USER)
    teller.finish()
    told = sorted(
        (event.type.value, json.loads(event.body)["data"]["verified"]) for event in sender.attempts
    )
    assert told == [
        ("asset.created", False),
        ("asset.created", True),
        ("asset.deleted", True),
        ("asset.rejected", False),
    ]
    assert threading.current_thread().name not in sender.threads


@pytest.mark.parametrize(("failures", "attempts", "losses"), [(0, 1, 0), (2, 3, 0), (9, 3, 1)])
def test_a_few_tries_and_then_it_is_lost_and_counted(
    failures: int, attempts: int, losses: int
) -> None:
    """Three attempts; after the last the loss is counted, and nothing raises."""
    before, sender = lost(), Sender(failures)
    teller = notifier(sender)
    teller.verified(stored_object(), None, USER)
    teller.finish()
    assert len(sender.attempts) == attempts
    assert len(set(sender.attempts)) == 1
    assert lost() - before == losses


def test_what_nobody_expected_is_counted_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a thread of its own nobody else would hear of it."""
    before, sender = lost(), Sender()
    monkeypatch.setattr(sender, "send", lambda _event: 1 / 0)
    teller = notifier(sender)
    teller.verified(stored_object(), None, USER)
    teller.finish()
    assert lost() - before == 1


def test_t41_attempts_are_further_and_further_apart() -> None:
    """T41: the first at once, and two more with pauses that grow."""
    assert len(PAUSES_SECONDS) == 3
    assert PAUSES_SECONDS[0] == 0
    assert 0 < PAUSES_SECONDS[1] < PAUSES_SECONDS[2]


def test_a_crowd_is_turned_away_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the receiver hangs, memory stays bounded."""
    monkeypatch.setattr(direct, "MAX_WAITING", 5)
    before, sender = lost(), Sender()
    sender.gate.clear()
    teller = notifier(sender)
    for number in range(8):
        at = datetime(2026, 1, 1, number, tzinfo=UTC)
        teller.verified(stored_object(version_id=str(number), last_modified=at), None, USER)
    assert lost() - before == 3
    sender.gate.set()
    teller.finish()
    assert len(sender.attempts) == 5


def test_a_receiver_that_hangs_holds_up_no_other() -> None:
    """Each has threads and places of its own, and hears of what it asked for."""
    hanging, other = Sender(), Sender()
    hanging.gate.clear()
    teller = Notifier(
        "media",
        [Receiver("crm", hanging), Receiver("search", other, frozenset({EventType.DELETED}))],
    )
    for _ in range(3):
        teller.verified(stored_object(), None, USER)
        teller.deleted([KEY], USER)
    assert eventually(lambda: len(other.attempts) == 3)
    assert {event.type for event in other.attempts} == {EventType.DELETED}
    assert not hanging.attempts
    hanging.gate.set()
    teller.finish()
    assert len(hanging.attempts) == 6
