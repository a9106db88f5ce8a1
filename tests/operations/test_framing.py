"""Where a request ends, however it arrives: T57."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.operations.framing import MAX_BODY_BYTES, MAX_HEAD_BYTES, Incoming

HEAD = b"POST /v1/links HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\n\r\n"
WHOLE = {
    "no body": HEAD + b"\r\n",
    "a length": HEAD + b"CONTENT-LENGTH:   5 \r\n\r\nhello",
    "no bytes": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunks": CHUNKED + b"5\r\nhello\r\n00A;a=b\r\n0123456789\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"1\r\n\r\r\n0\r\nA: b\r\nC: d\r\n\r\n",
    "ends in the body": CHUNKED + b"a\r\n0\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
    "an empty line before": b"\r\n" + HEAD + b"\r\n",
}


def fed(pieces: list[bytes]) -> tuple[Incoming, bool]:
    """What ``pieces`` came to, and whether it was complete before the last."""
    incoming, early = Incoming(), False
    for number, piece in enumerate(pieces):
        incoming.add(piece)
        early |= incoming.is_complete() and number < len(pieces) - 1
    return incoming, early


@pytest.mark.parametrize("sent", WHOLE.values(), ids=WHOLE.keys())
def test_a_request_ends_where_it_ends(sent: bytes) -> None:
    """Byte by byte it is complete with the last, and what follows is left for later."""
    incoming, early = fed([sent[at : at + 1] for at in range(len(sent))])
    assert not early
    assert incoming.is_complete()
    incoming, _ = fed([sent + NEXT])
    assert incoming.take() == (sent, True)
    assert incoming.is_complete()
    assert incoming.take() == (NEXT, True)


@given(data=st.data(), name=st.sampled_from(sorted(WHOLE)))
@settings(max_examples=200, deadline=None)
def test_t57_packets_change_nothing(data: st.DataObject, name: str) -> None:
    """T57: cut anywhere, two requests are the same two requests."""
    sent = WHOLE[name] + WHOLE[name]
    cuts = sorted({0, len(sent), *data.draw(st.lists(st.integers(0, len(sent)), max_size=6))})
    incoming, taken = Incoming(), []
    for begin, end in pairwise(cuts):
        incoming.add(sent[begin:end])
        while incoming.data and incoming.is_complete():
            taken.append(incoming.take())
    assert taken == [(WHOLE[name], True)] * 2


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: x\r\n\r\n",
        HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
        CHUNKED + b"x\r\n",
        CHUNKED + b"5\r\nhelloX\r\n",
        CHUNKED + b"a" * 2000,
        CHUNKED + b"%x\r\n" % (2 * MAX_BODY_BYTES) + b"a" * (MAX_BODY_BYTES + 4096),
        CHUNKED + b"1\r\na\r\n" * 370_000,
        CHUNKED + b"0\r\n" + b"a" * (MAX_HEAD_BYTES + 1),
        HEAD + b"A: " + b"a" * MAX_HEAD_BYTES,
        b"GET / HTTP/1.1\n\n",
    ],
    ids=lambda sent: str(sent[:60]),
)
def test_t57_what_is_odd_or_too_large_is_not_waited_for(sent: bytes) -> None:
    """T57: a thread takes it as it is, more than the limit of it, and the connection no further
    request."""
    incoming, _ = fed([sent])
    assert incoming.is_complete()
    taken, is_whole = incoming.take()
    assert sent.startswith(taken)
    assert len(taken) > min(len(sent), MAX_BODY_BYTES) - 1
    assert not is_whole
    assert not incoming.data


def test_a_request_byte_by_byte_costs_what_it_holds() -> None:
    """A chunked megabyte in small pieces is looked at once: neither time nor memory grow with the
    square of it."""
    tracemalloc.start()
    incoming = Incoming()
    incoming.add(CHUNKED)
    for _ in range(1000):
        incoming.add(b"400\r\n" + b"a" * 1024 + b"\r\n")
        assert not incoming.is_complete()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MAX_BODY_BYTES
