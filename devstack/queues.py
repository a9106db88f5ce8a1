"""Faults of moto's SQS 5.2, mended where they arise.

Each deletion rebuilds the list of messages; of two at once, one brings back what the other deleted
and loses what came in between. SQS loses nothing. And each look at a queue goes through all of it,
which thousands of messages make slow.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from moto.sqs.models import Message, Queue

#: One request receives no more.
MAX_BATCH = 10


def install() -> None:
    """Patch moto's queue; call once, before the first request."""
    delete = Queue.delete_message

    def delete_message(self: Queue, receipt_handle: str) -> None:
        with self._messages_lock:
            delete(self, receipt_handle)

    def visible(self: Any) -> Any:
        return (found for found in list(self._messages) if found.visible and not found.delayed)

    def messages(self: Queue) -> list[Message]:
        return list(islice(visible(self), MAX_BATCH))

    def approximate_number_of_messages(self: Queue) -> int:
        return sum(1 for _ in visible(self))

    Queue.delete_message = delete_message  # type: ignore[method-assign]
    Queue.messages = property(messages)  # type: ignore[assignment, method-assign]
    Queue.approximate_number_of_messages = property(  # type: ignore[assignment, method-assign]
        approximate_number_of_messages
    )
