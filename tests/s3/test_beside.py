"""A call to the store beside another."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from app.domain.copies import Copy
from app.limits.concurrency import MOST_IN_WORK
from app.s3.beside import _HELPERS, beside
from app.s3.bulkhead import PLACES
from app.s3.in_parallel import in_parallel
from tests.s3.canned import KEY, bucket_of
from tests.s3.raw_store import Asked, RawStore, response
from tests.s3.test_client import FACTS, client_at
from tests.waiting import eventually


def test_both_are_done_in_parallel() -> None:
    """The block goes on while the work waits for it."""
    told = threading.Event()
    with beside(lambda: told.wait(60)) as found:
        told.set()
    assert found()


def test_without_a_helper_the_work_is_done_in_its_turn() -> None:
    """So that all who ask at once still leave places before the store to others."""
    done: list[int] = []
    with ExitStack() as stack:
        others = threading.Event()
        for _ in range(_HELPERS):
            stack.enter_context(beside(lambda: others.wait(60)))
        with beside(lambda: done.append(1)) as found:
            pass
        assert done == []
        found()
        assert done == [1]
        others.set()
    with beside(threading.get_ident) as ident:
        pass
    assert ident() != threading.get_ident()


def test_each_fault_comes_where_it_belongs() -> None:
    """The block's at once, once the work has ended; the work's when it is called for."""
    ended: list[int] = []
    with pytest.raises(KeyError), beside(lambda: ended.append(1)):
        raise KeyError
    assert ended == [1]
    with beside(lambda: {}[1]) as found:
        pass
    with pytest.raises(KeyError):
        found()


def test_many_are_done_in_order_by_whoever_is_free() -> None:
    """By this thread alone, if nobody is."""
    assert in_parallel(str, range(50)) == [str(number) for number in range(50)]
    assert in_parallel(str, []) == []
    with ExitStack() as stack:
        others = threading.Event()
        for _ in range(_HELPERS):
            stack.enter_context(beside(lambda: others.wait(60)))
        threads = in_parallel(lambda _: threading.get_ident(), range(9))
        assert set(threads) == {threading.get_ident()}
        others.set()


def test_helpers_help() -> None:
    """All of them and this thread are at work together."""
    together = threading.Barrier(_HELPERS + 1)
    in_parallel(lambda _: together.wait(60), range(_HELPERS + 1))


def test_nothing_begins_after_a_failure() -> None:
    """The first is raised when all that began has ended; who helped is free again."""
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number >= 2:
            raise KeyError(number)

    for _ in range(_HELPERS + 1):
        begun.clear()
        with pytest.raises(KeyError):
            in_parallel(work, range(100))
        assert len(begun) <= 2 + _HELPERS + 1
    together = threading.Barrier(_HELPERS + 1)
    in_parallel(lambda _: together.wait(60), range(_HELPERS + 1))


@pytest.mark.parametrize("size", [5, 10_000], ids=["whole", "in parts"])
def test_t55_the_copies_of_one_user_leave_places_to_others(size: int) -> None:
    """T55: as many calls of one user as may be in work, each of many copies that take a while: they
    had all places before the store, and everybody else a 503."""
    over, asked = threading.Event(), list[str]()

    def respond(request: Asked) -> Iterable[bytes]:
        if "x-amz-copy-source" not in request.headers:
            facts = [*FACTS, ("x-amz-meta-upload", "m")]
            body = b"<R><UploadId>u</UploadId></R>".replace(b"R", b"InitiateMultipartUploadResult")
            yield response("200 OK", body if request.method == "POST" else b"", facts)
            return
        asked.append(request.target)
        over.wait(60)
        yield response("403 X", b"<Error><Code>AccessDenied</Code></Error>")

    with RawStore(respond) as store, ThreadPoolExecutor(MOST_IN_WORK) as callers:
        bucket = bucket_of(client_at(store, PLACES))
        bucket.copier._threshold_bytes = 5000
        bucket.copier._part_bytes = 1000
        found = bucket.objects.head(KEY)
        assert found is not None
        source = replace(found, size=size)
        for call in range(MOST_IN_WORK):
            copies = [Copy(source, f"users/alice/image/{call}/{i}", {}) for i in range(8)]
            callers.submit(bucket.copier.copy, copies)
        assert eventually(lambda: len(asked) == MOST_IN_WORK + _HELPERS)
        for _ in range(3):
            assert bucket.objects.head("users/bob/image/b.png") is not None
        assert len(asked) == MOST_IN_WORK + _HELPERS
        over.set()
