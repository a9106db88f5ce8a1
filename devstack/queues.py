"""Faults of moto's SQS 5.2, mended where they arise.

Each deletion rebuilds the list of messages; of two at once, one brings back what the other deleted
and loses what came in between. SQS loses nothing. And each look at a queue goes through all of it,
and each message that is sent counts all the others, which thousands make slow.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from typing import Any

from moto.sqs.models import Message, Queue

#: One request receives no more.
MAX_BATCH = 10
#: A count is good for twenty times what it took; SQS' are approximate as well, and lag for longer.
COUNTING_SHARE = 20


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

    def number(self: Queue) -> int:
        return sum(1 for _ in visible(self))

    def pending_message_groups(self: Queue) -> set[str]:
        # A copy: others come and go while moto looks.
        return {found.group_id for found in list(self.pending_messages) if found.group_id}

    Queue.pending_message_groups = property(  # type: ignore[assignment, method-assign]
        pending_message_groups
    )
    Queue.delete_message = delete_message  # type: ignore[method-assign]
    Queue.messages = property(messages)  # type: ignore[assignment, method-assign]
    for name, count in {
        "approximate_number_of_messages": number,
        "approximate_number_of_messages_delayed": _getter("delayed"),
        "approximate_number_of_messages_not_visible": _getter("not_visible"),
    }.items():
        setattr(Queue, name, property(_remembered(name, count)))


def _getter(what: str) -> Callable[[Queue], int]:
    found: property = vars(Queue)[f"approximate_number_of_messages_{what}"]
    getter: Callable[[Queue], int] | None = found.fget
    if getter is None:
        raise TypeError(f"moto counts {what} messages in another way")
    return getter


def _remembered(name: str, count: Callable[[Queue], int]) -> Callable[[Queue], int]:
    def remembered(self: Queue) -> int:
        good_until, number = self.__dict__.get(f"_{name}", (0.0, 0))
        began = time.monotonic()
        if began > good_until:
            number = count(self)
            ended = time.monotonic()
            self.__dict__[f"_{name}"] = (ended + COUNTING_SHARE * (ended - began), number)
        return int(number)

    return remembered
