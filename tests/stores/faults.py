"""What a network and a store do on bad days, to be switched on at a pass-through."""

import threading
import time
from dataclasses import dataclass, field
from typing import Literal

from tests.stores.wire import Dropped, Head, HungUp


@dataclass
class Fault:
    """Strikes the next `times` requests of the method (any) whose target contains the text."""

    method: str | None = None
    contains: str = ""
    times: int = 1

    def strikes(self, head: Head) -> bool:
        return self.method in (None, head.method) and self.contains in head.target


@dataclass
class Cut(Fault):
    """Reset the connection once so many body bytes have passed, of the request or of the answer.

    `Cut(of="answer")` is the lost answer: the store did it, the client never hears.
    """

    after_bytes: int = 0
    of: Literal["request", "answer"] = "request"
    #: End the stream instead, as a process does that is told to stop.
    politely: bool = False
    #: Move nothing for so long before.
    silent_seconds: float = 0


@dataclass
class Flip(Fault):
    """Flip one bit of the request's body on its way: as long as before, and another."""

    at_byte: int = 0


@dataclass
class Answer(Fault):
    """Answer in the store's place, with S3's kind of error document; the store sees nothing."""

    status: int = 503
    code: str = "SlowDown"
    fields: list[tuple[str, str]] = field(default_factory=list)

    def rendered(self) -> tuple[Head, bytes]:
        """The answer's head, with its length, and its body."""
        body = f"<Error><Code>{self.code}</Code><Message>As told</Message></Error>".encode()
        fields = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        return Head(f"HTTP/1.1 {self.status} Fault", [*fields, *self.fields]), body


class Weather:
    """The faults to come and the speed of the line; shared by all connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        #: Body bytes a second on each connection, in each direction; None is as fast as can be.
        self.bytes_per_second: int | None = None
        #: While it is not set, no body moves.
        self.moves = threading.Event()
        self.moves.set()

    def expect(self, *faults: Fault) -> None:
        """Add faults; for each request the first that strikes is taken."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Fair weather again."""
        with self._lock:
            self._faults.clear()
        self.bytes_per_second = None
        self.moves.set()

    def strike(self, head: Head) -> Fault | None:
        """The fault that this request meets; it is used up by that."""
        with self._lock:
            for fault in self._faults:
                if fault.strikes(head):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def meter(self, fault: Fault | None, of: Literal["request", "answer"]) -> "Meter":
        """What counts one body: cut where the fault says, slowed as the line is now."""
        cut = fault if isinstance(fault, Cut) and fault.of == of else None
        flip = fault if isinstance(fault, Flip) and of == "request" else None
        return Meter(self, cut, flip)


class Meter:
    """Counts the bytes of one body. Raises Dropped at the cut; sleeps as the line is slow."""

    def __init__(self, weather: Weather, cut: Cut | None, flip: Flip | None = None) -> None:
        self._weather = weather
        self._left = cut.after_bytes if cut else None
        self._silent_seconds = cut.silent_seconds if cut else 0
        self._until_flip = flip.at_byte if flip else None
        self._drop = HungUp if cut and cut.politely else Dropped

    def check(self) -> None:
        """Wait while nothing moves. Raise Dropped when nothing more may pass."""
        self._weather.moves.wait()
        if self._left is not None and self._left <= 0:
            time.sleep(self._silent_seconds)
            raise self._drop("cut")

    def limit(self, chunk: int) -> int:
        """How many bytes to take next, so that a cut is exact and slowness smooth."""
        rate = self._weather.bytes_per_second
        allowed = chunk if rate is None else min(chunk, max(1, rate // 20))
        return allowed if self._left is None else min(allowed, self._left)

    def passed(self, count: int) -> None:
        rate = self._weather.bytes_per_second
        if rate is not None:
            time.sleep(count / rate)
        if self._left is not None:
            self._left -= count

    def altered(self, data: bytes) -> bytes:
        """The next bytes of the body as they go on."""
        place = self._until_flip
        if place is None or not data:
            return data
        self._until_flip = place - len(data) if place >= len(data) else None
        if place >= len(data):
            return data
        return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
