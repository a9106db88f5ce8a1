"""The local queue loses nothing, however many use it at once."""

from __future__ import annotations

import threading

from moto.sqs.models import Message, Queue

from devstack import queues


class Interrupted(Message):
    """While the list is rebuilt without this one, another is deleted and a third one comes."""

    def __init__(self, queue: Queue) -> None:
        super().__init__("1", "first")
        self._queue = queue
        self._looks = 0
        self.meanwhile = threading.Thread(target=self._interrupt)

    def had_receipt_handle(self, receipt_handle: str) -> bool:
        if receipt_handle == "first":
            self._looks += 1
            if self._looks == 2:
                self.meanwhile.start()
                self.meanwhile.join(0.2)
        return receipt_handle == "first"

    def _interrupt(self) -> None:
        self._queue.delete_message("second")
        self._queue.add_message(Message("3", "third"))


class Second(Message):
    def had_receipt_handle(self, receipt_handle: str) -> bool:
        return receipt_handle == "second"


def test_a_message_that_comes_between_two_deletions_stays() -> None:
    """Each rebuilds the list; moto alone would lose what came in between, and keep the deleted."""
    queues.install()
    queue = Queue("q", "us-east-1", "123456789012")
    first = Interrupted(queue)
    queue.add_message(first)
    queue.add_message(Second("2", "second"))
    queue.delete_message("first")
    first.meanwhile.join(60)
    assert [message.id for message in queue._messages] == ["3"]


def test_a_long_queue_is_counted_whole_and_given_in_batches() -> None:
    """One look gives what one request may receive; the count is of all."""
    queues.install()
    queue = Queue("q", "us-east-1", "123456789012")
    for number in range(25):
        queue.add_message(Message(str(number), "body"))
    assert len(queue.messages) == 10
    assert queue.approximate_number_of_messages == 25
