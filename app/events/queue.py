"""The queue of upload events: SQS, at least once, in any order.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.aws.clients import LazyClient
from app.http_clients import READ_SECONDS

MAX_BATCH = 10
#: Long polling, well within our client's patience: an answer that comes too late takes its messages
#: with it, until they become visible again.
WAIT_SECONDS = int(READ_SECONDS) // 2


class QueueUnavailable(Exception):
    """The queue did not do what it was asked; the message is the kind of error alone."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, ours until it becomes visible again. ``receive_count`` is 1 at first."""

    body: str
    receipt: str
    receive_count: int


class Queue:
    """One SQS queue. Every method raises ``QueueUnavailable`` when it fails."""

    def __init__(self, client: LazyClient, url: str) -> None:
        self._client = client
        self._url = url

    def receive(self, count: int, *, visibility_seconds: int) -> list[Message]:
        """Up to ``count`` (at most 10) messages; waits for the first one for some seconds."""
        answer = self._call(
            "receive_message",
            MaxNumberOfMessages=min(count, MAX_BATCH),
            WaitTimeSeconds=WAIT_SECONDS,
            VisibilityTimeout=visibility_seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [_message(found) for found in answer.get("Messages", [])]

    def delete(self, message: Message) -> None:
        """Done: nobody gets it again, most likely."""
        self._call("delete_message", ReceiptHandle=message.receipt)

    def hide(self, message: Message, seconds: int) -> None:
        """Nobody gets it for so long from now on; 0 gives it back at once."""
        self._call(
            "change_message_visibility", ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )

    def send(self, body: str, delay_seconds: int = 0) -> None:
        """Add a message of our own, that nobody gets before ``delay_seconds`` (to 900)."""
        delay = {"DelaySeconds": delay_seconds} if delay_seconds else {}
        self._call("send_message", MessageBody=body, **delay)

    def _call(self, operation: str, **params: Any) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Mapping[str, Any] = getattr(self._client.get(), operation)(
                QueueUrl=self._url, **params
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise QueueUnavailable(f"{operation}: {code}") from error
        except BotoCoreError as error:
            raise QueueUnavailable(f"{operation}: {type(error).__name__}") from error
        return answer


def _message(found: Mapping[str, Any]) -> Message:
    count = found.get("Attributes", {}).get("ApproximateReceiveCount", 1)
    return Message(found["Body"], found["ReceiptHandle"], int(count))
