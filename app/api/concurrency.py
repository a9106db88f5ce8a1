"""What one user may have in work at once (T55). Routes that ask nobody are not held by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from flask import Flask, Response, g, request

from app.api.routes import Routes
from app.limits.concurrency import InWork
from app.operations.framework import current


def bound_work(app: Flask, routes: Routes) -> None:
    """Turn away what is too much; after authentication, by the ``sub`` that it found."""
    in_work = InWork()

    @app.before_request
    def enter() -> None:
        context = current(g)
        if "principal" in context and not routes.of(current(request).endpoint).offline:
            # The caller, not whom an administrator acts for.
            sub = context.get("actor", context.principal).sub
            in_work.enter(sub)
            context.in_work_for = sub

    @app.after_request
    def hand_over(response: Response) -> Response:
        """A streamed answer is in work until its end, or until nobody wants it any more."""
        context = current(g)
        if "in_work_for" in context and response.is_streamed:
            leave_once = _once(partial(in_work.leave, context.pop("in_work_for")))
            response.call_on_close(leave_once)
            response.response = _followed(response.response, leave_once)
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        context = current(g)
        if "in_work_for" in context:
            in_work.leave(context.in_work_for)


def _followed(items: Iterable[Any], then: Callable[[], None]) -> Iterator[Any]:
    """``items``, and ``then`` at their end. Servers close what they were given; others that read an
    answer to its end do not always."""
    try:
        yield from items
    finally:
        then()


def _once(act: Callable[[], None]) -> Callable[[], None]:
    pending = [act]
    return lambda: pending.pop()() if pending else None
