"""Several back ends: none waits for another's fault, and what is owed to one is kept for it."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import AssetEvent, EventType
from app.domain.notifications import Unreadable
from app.events.queue import Queue, QueueUnavailable
from app.events.receivers import AWAY_AFTER, Receiver, Receivers
from app.events.reports import PAUSE_SECONDS, Reports
from app.events.webhooks import DeliveryFailed
from app.services.events import webhook_receivers
from app.signing.tokens import SignedTokens
from config import Settings
from tests.events.backend import OTHER_SECRET, SECRET, running_backend
from tests.test_config import GOOD

CREATED = AssetEvent("evt_1", EventType.CREATED, '{"type":"asset.created"}')
DELETED = AssetEvent("evt_2", EventType.DELETED, '{"type":"asset.deleted"}')


class BackEnd:
    """Takes what it is told, or does not."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.took: list[str] = []
        self.attempts = 0

    def send(self, event: AssetEvent) -> None:
        self.attempts += 1
        if not self.up:
            raise DeliveryFailed("the webhook answered 503")
        self.took.append(event.id)


class Outbox(Queue):
    """The queue as the receivers see it: a place to put what is owed."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.fails = False

    def send(self, body: str, delay_seconds: int = 0) -> None:
        if self.fails:
            raise QueueUnavailable("send_message: Throttling")
        self.sent.append((body, delay_seconds))


def reports(outbox: Outbox, purpose: str = "report") -> Reports:
    return Reports("media", outbox, SignedTokens(["k" * 32], purpose, 3600))


def test_each_hears_of_what_it_asked_for() -> None:
    """By type; nothing asked for is everything."""
    everything, deletions = BackEnd(), BackEnd()
    told = Receivers(
        [
            Receiver("crm", everything),
            Receiver("search", deletions, frozenset({EventType.DELETED})),
        ],
        reports(Outbox()).postpone,
    )
    for event in (CREATED, DELETED):
        told.send(event)
    assert (everything.took, deletions.took) == (["evt_1", "evt_2"], ["evt_2"])


def test_what_one_did_not_take_waits_for_it_alone() -> None:
    """The other took it once, and never gets it again; the message is sealed and says for whom."""
    crm, search, outbox = BackEnd(up=False), BackEnd(), Outbox()
    told = Receivers([Receiver("crm", crm), Receiver("search", search)], reports(outbox).postpone)
    told.send(CREATED)
    [(body, delay)] = outbox.sent
    assert delay == PAUSE_SECONDS
    report = reports(Outbox()).read(body)
    assert report == (CREATED, "crm")
    with pytest.raises(Unreadable):
        reports(Outbox(), "other").read(body)
    with pytest.raises(DeliveryFailed):
        told.send(report.event, report.receiver)
    crm.up = True
    told.send(report.event, report.receiver)
    assert (crm.took, search.took) == (["evt_1"], ["evt_1"])
    assert len(outbox.sent) == 1


@pytest.mark.parametrize("names", [["crm"], ["crm", "search"]])
def test_what_nobody_took_comes_again_as_it_was(names: list[str]) -> None:
    """Then there is nothing to keep apart: the message stays where it is."""
    outbox = Outbox()
    told = Receivers(
        [Receiver(name, BackEnd(up=False)) for name in names], reports(outbox).postpone
    )
    with pytest.raises(DeliveryFailed):
        told.send(CREATED)
    assert not outbox.sent


def test_what_cannot_be_kept_for_one_comes_again_for_all() -> None:
    """The queue fails: the event is told twice rather than lost, by the same id."""
    search, outbox = BackEnd(), Outbox()
    outbox.fails = True
    told = Receivers(
        [Receiver("crm", BackEnd(up=False)), Receiver("search", search)], reports(outbox).postpone
    )
    for _ in range(2):
        with pytest.raises(QueueUnavailable):
            told.send(CREATED)
    assert search.took == ["evt_1", "evt_1"]


def test_nothing_is_owed_to_a_receiver_that_was_removed() -> None:
    """Its messages end; nobody else hears of them."""
    crm = BackEnd()
    told = Receivers([Receiver("crm", crm)], reports(Outbox()).postpone)
    told.send(CREATED, "erp")
    assert not crm.took


class Hanging(BackEnd):
    """Keeps whoever calls, until it is told to fail."""

    def __init__(self) -> None:
        super().__init__(up=False)
        self.let_go = threading.Event()
        self.called = threading.Semaphore(0)

    def send(self, event: AssetEvent) -> None:
        self.called.release()
        assert self.let_go.wait(60)
        super().send(event)


def test_a_receiver_that_hangs_keeps_one_thread() -> None:
    """Once it is known to be away, all others go on at once, and the other hears of everything."""
    crm, search, outbox = Hanging(), BackEnd(), Outbox()
    away = Receiver("crm", crm)
    away.failures = AWAY_AFTER
    told = Receivers([away, Receiver("search", search)], reports(outbox).postpone)
    caught = threading.Thread(target=told.send, args=(CREATED,))
    caught.start()
    assert crm.called.acquire(timeout=60)
    for _ in range(20):
        told.send(DELETED)
    assert len(search.took) == 21
    assert crm.attempts == 0 and not crm.called.acquire(blocking=False)
    assert len(outbox.sent) == 20
    crm.let_go.set()
    caught.join(10)
    # And when it is back, the first that asks finds out.
    crm.up = True
    told.send(DELETED)
    assert away.failures == 0 and crm.took == ["evt_2"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["event", "message", "crm", "search", "queue"]), st.booleans()),
        max_size=60,
    )
)
def test_whatever_fails_when_everybody_hears_of_everything(steps: list[tuple[str, bool]]) -> None:
    """Back ends and queue go and come in any order; when all are up, nothing is missing."""
    ends, outbox = {"crm": BackEnd(), "search": BackEnd()}, Outbox()
    told = Receivers([Receiver(name, end) for name, end in ends.items()], reports(outbox).postpone)
    waiting: list[str | AssetEvent] = []
    events = (AssetEvent(f"evt_{n}", EventType.CREATED, "{}") for n in itertools.count())
    begun: list[str] = []

    def work() -> None:
        """What the worker does with the oldest message."""
        message = waiting.pop(0)
        report = reports(outbox).read(message) if isinstance(message, str) else (message, None)
        assert report is not None
        try:
            told.send(*report)
        except (DeliveryFailed, QueueUnavailable):
            waiting.append(message)
        waiting.extend(body for body, _ in outbox.sent)
        outbox.sent.clear()

    for what, up in steps:
        if what in ends:
            ends[what].up = up
        elif what == "queue":
            outbox.fails = not up
        elif what == "event":
            waiting.append(event := next(events))
            begun.append(event.id)
        elif waiting:
            work()
    outbox.fails = False
    for end in ends.values():
        end.up = True
    for _ in range(len(waiting)):
        work()
    assert not waiting
    assert all({*end.took} == {*begun} for end in ends.values())


def test_t41_each_is_told_by_its_own_secret() -> None:
    """T41: who may read one receiver's secret cannot pass for the gateway at another."""
    with running_backend() as one, running_backend() as other:
        settings = Settings.from_env(
            GOOD
            | {"WEBHOOK_URL": one.url, "WEBHOOK_SECRET": SECRET}
            | {"WEBHOOK_URL_SEARCH": other.url, "WEBHOOK_SECRET_SEARCH": OTHER_SECRET}
            | {"WEBHOOK_TYPES_SEARCH": "asset.deleted"}
        )
        receivers = webhook_receivers(settings)
        assert [(each.name, {*each.types}) for each in receivers] == [
            ("default", set()),
            ("search", {EventType.DELETED}),
        ]
        now = datetime.now(UTC).isoformat()
        event = AssetEvent("evt_3", EventType.DELETED, f'{{"timestamp":"{now}"}}')
        Receivers(receivers, reports(Outbox()).postpone).send(event)
        [first], [second] = one.deliveries, other.deliveries
    assert first.id == second.id == "evt_3"
    assert first.verify(SECRET) == second.verify(OTHER_SECRET)
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
