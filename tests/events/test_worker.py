"""The worker's loop, with a queue in memory and a handler that does as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.domain.errors import StorageUnavailable
from app.domain.notifications import Unreadable
from app.events import worker as worker_module
from app.events.queue import Message, Queue, QueueUnavailable
from app.events.webhooks import DeliveryFailed
from app.events.worker import Worker, backoff_seconds


class MemoryQueue(Queue):
    """Gives what it has; remembers what is done to it."""

    def __init__(self, *bodies: str) -> None:
        self.messages = [Message(body, f"r-{body}", 1) for body in bodies]
        self.asked: list[int] = []
        self.deleted: list[str] = []
        self.hidden: list[tuple[str, int]] = []
        self.faults = 0
        self.changed = threading.Condition()
        self.when_empty: Callable[[], None] = lambda: None

    def receive(self, count: int, *, visibility_seconds: int) -> list[Message]:
        self.asked.append(count)
        if self.faults:
            self.faults -= 1
            raise QueueUnavailable("receive_message: Throttling")
        given, self.messages = self.messages[:count], self.messages[count:]
        if not given:
            self.when_empty()
        return given

    def delete(self, message: Message) -> None:
        with self.changed:
            self.deleted.append(message.body)
            self.changed.notify_all()

    def hide(self, message: Message, seconds: int) -> None:
        with self.changed:
            self.hidden.append((message.body, seconds))
            self.changed.notify_all()


def run(queue: MemoryQueue, handle: Callable[[str], None], **options: int) -> None:
    """Work until the queue is empty, then stop as a signal would while the worker waits."""
    worker = Worker(queue, handle, **options)
    queue.when_empty = worker.stop
    worker.run()


def test_what_is_done_is_deleted() -> None:
    """Every message once, and nothing is hidden or left."""
    queue, seen = MemoryQueue("a", "b", "c"), []
    run(queue, seen.append, threads=1)
    assert seen == ["a", "b", "c"]
    assert queue.deleted == seen
    assert not queue.hidden


@pytest.mark.parametrize(
    "failure",
    [
        DeliveryFailed("503"),
        StorageUnavailable(),
        Unreadable("x"),
        QueueUnavailable("x"),
        KeyError("a fault of our own"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_what_fails_is_never_deleted(failure: Exception) -> None:
    """It is put off and stays for another try, or for the dead-letter queue; others go on."""

    def handle(body: str) -> None:
        if body == "bad":
            raise failure

    queue = MemoryQueue("bad", "good")
    run(queue, handle, threads=1)
    assert queue.deleted == ["good"]
    assert [body for body, _ in queue.hidden] == ["bad"]


def test_the_backoff_grows_to_an_hour() -> None:
    """2, 4, 8 … 3,600 s, a quarter more at most; twenty tries are most of half a day."""
    for count, seconds in ((1, 2), (2, 4), (5, 32), (12, 3600), (10_000, 3600)):
        found = {backoff_seconds(count) for _ in range(50)}
        assert all(seconds <= each <= seconds * 1.25 for each in found)
    assert len({backoff_seconds(12) for _ in range(50)}) > 5
    assert sum(backoff_seconds(count) for count in range(1, 20)) > 8 * 3600


def test_nothing_is_received_that_nobody_is_free_to_handle() -> None:
    """One slow message on a thread of two: the worker asks for one, never for two."""
    queue = MemoryQueue("slow", "a", "b", "c")
    others_done = threading.Event()

    def handle(body: str) -> None:
        if body == "slow":
            assert others_done.wait(60)
        if body == "c":
            others_done.set()

    run(queue, handle, threads=2)
    assert queue.asked[0] == 2
    assert set(queue.asked[1:3]) == {1}
    assert sorted(queue.deleted) == ["a", "b", "c", "slow"]


def test_slow_work_keeps_its_message_hidden() -> None:
    """While it is worked on, the visibility is extended again and again; not once it is done."""
    queue = MemoryQueue("slow")

    def handle(_body: str) -> None:
        with queue.changed:
            assert queue.changed.wait_for(lambda: len(queue.hidden) >= 2, 10)

    run(queue, handle, visibility_seconds=3)
    assert set(queue.hidden) == {("slow", 3)}
    assert queue.deleted == ["slow"]


@contextmanager
def running(worker: Worker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield thread
    thread.join(10)
    assert not thread.is_alive()


def test_stopping_lets_the_message_in_hand_be_done() -> None:
    """No further message is begun, and the one that was is finished and acknowledged."""
    queue, begun, finish = MemoryQueue("first", "second"), threading.Event(), threading.Event()

    def handle(_body: str) -> None:
        begun.set()
        assert finish.wait(60)

    worker = Worker(queue, handle, threads=1)
    with running(worker):
        assert begun.wait(60)
        worker.stop()
        finish.set()
    assert queue.deleted == ["first"]
    assert [left.body for left in queue.messages] == ["second"]


def test_a_queue_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttled or away for a moment: the worker pauses and goes on. Whoever is on call hears of
    one that stays away: nothing else counts for them."""
    monkeypatch.setattr(worker_module, "_QUEUE_PAUSE_SECONDS", 0.01)
    counted = worker_module.FAILURES.labels("QueueUnavailable")._value
    before = counted.get()
    queue = MemoryQueue("a")
    queue.faults = 3
    run(queue, lambda _body: None)
    assert queue.deleted == ["a"]
    assert counted.get() == before + 3


def test_a_message_that_cannot_be_acknowledged_does_not_end_the_worker() -> None:
    """It will come again, and the worker lives on to see it."""

    class Forgetful(MemoryQueue):
        def delete(self, message: Message) -> None:
            super().delete(message)
            raise QueueUnavailable("delete_message: InternalError")

    queue = Forgetful("a", "b")
    run(queue, lambda _body: None, threads=1)
    assert queue.deleted == ["a", "b"]
