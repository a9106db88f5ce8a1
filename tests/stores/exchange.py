"""One request and its answer, passed on as bytes come, without ever holding a body."""

from collections.abc import Callable

from tests.stores.faults import Fault, Meter, Weather
from tests.stores.wire import CHUNK_BYTES, Dropped, Head, Wire, readable, send_until_answered

HOP_BY_HOP = frozenset({"connection", "keep-alive"})


def send_request(client: Wire, store: Wire, head: Head, meter: Meter) -> tuple[Head, int]:
    """Pass the request on; returns the final answer's head and the body bytes not taken.

    A store that refuses may answer in the middle of the body, and asks for bodies by a 100.
    Raises Dropped or another OSError when a side leaves without a word.
    """
    left, data = head.length or 0, b""
    head.drop(HOP_BY_HOP.__contains__)
    head.fields.append(("Connection", "close"))
    store.sock.sendall(head.encode())
    while True:
        meter.check()
        if left and not data and store not in readable((client, store)):
            data = client.recv(meter.limit(min(left, CHUNK_BYTES)))
            if not data:
                raise Dropped("the client left in the middle of its body")
            left -= len(data)
            meter.passed(len(data))
            data = meter.altered(data)
        if data:
            data = _send(store, data)
            if not data and left:
                continue
            meter.check()
        answer = store.read_head()
        if answer is None:
            raise Dropped("the store closed without an answer")
        if answer.status >= 200:
            return answer, left
        client.sock.sendall(answer.encode())


def _send(store: Wire, data: bytes) -> bytes:
    """The rest that the store did not take; a store that closed may still have answered."""
    try:
        return send_until_answered(store, data)
    except ConnectionError:
        return data


def send_answer(store: Wire, client: Wire, request: Head, answer: Head, meter: Meter) -> None:
    """Pass the answer on. Raises Dropped when the store leaves in the middle of it."""
    meter.check()
    client.sock.sendall(answer.encode())
    left = answer.length
    if request.method == "HEAD" or answer.status in (204, 304):
        left = 0
    while left is None or left > 0:
        meter.check()
        data = store.recv(meter.limit(CHUNK_BYTES if left is None else min(left, CHUNK_BYTES)))
        if not data and left is not None:
            raise Dropped("the store left in the middle of its body")
        if not data:
            return
        client.sock.sendall(data)
        meter.passed(len(data))
        left = None if left is None else left - len(data)


def answer_locally(client: Wire, request: Head, answer: Head, body: bytes) -> bool:
    """Answer in the store's place; returns whether the client may send another request."""
    left = request.length or 0
    if left:
        answer.fields.append(("Connection", "close"))
    client.sock.sendall(answer.encode() + (b"" if request.method == "HEAD" else body))
    if left:
        client.drain(left)
    return not left


def pass_on(
    client: Wire,
    store: Wire,
    request: Head,
    weather: Weather,
    fault: Fault | None,
    dress: Callable[[Head], None],
) -> bool:
    """Do the whole exchange; returns whether the client may send another request.

    `dress` may change the answer's head before the client sees it.
    """
    answer, not_taken = send_request(client, store, request, weather.meter(fault, "request"))
    answer.drop(HOP_BY_HOP.__contains__)
    dress(answer)
    framed = answer.length is not None or answer.get("transfer-encoding") is not None
    bodiless = request.method == "HEAD" or answer.status in (204, 304)
    again = not not_taken and (framed or bodiless)
    if not again:
        answer.fields.append(("Connection", "close"))
    send_answer(store, client, request, answer, weather.meter(fault, "answer"))
    if not_taken:
        client.drain(not_taken)
    return again
