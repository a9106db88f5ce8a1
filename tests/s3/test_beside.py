"""A call to the store beside another."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from app.s3.beside import _HELPERS, beside


def test_both_are_done_at_once() -> None:
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
