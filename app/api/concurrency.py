"""What one user may have in work at once (T55).

Routes that ask nobody are counted apart, as they go on while the store is slow; and of those only
what takes a while: a thousand links keep the processor for as long as a hundred single ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from flask import Flask, Response, g, request

from app.api.routes import Routes
from app.limits.concurrency import InWork
from app.operations.framework import current

#: A dozen paths: signing them takes no longer than to say that it is too much.
SMALL_BODY_BYTES = 1024


def bound_work(app: Flask, routes: Routes) -> None:
    """Turn away what is too much; after authentication, by the ``sub`` that it found."""
    waiting, signing = InWork(), InWork()

    @app.before_request
    def enter() -> None:
        context, asked = current(g), current(request)
        if "principal" not in context:
            return
        is_offline = routes.of(asked.endpoint).offline
        if is_offline and _is_small(asked.environ):
            return
        in_work = signing if is_offline else waiting
        # The caller, not whom an administrator acts for.
        sub = context.get("actor", context.principal).sub
        in_work.enter(sub)
        context.leave_work = _once(partial(in_work.leave, sub))

    @app.after_request
    def hand_over(response: Response) -> Response:
        """A streamed answer is in work until its end, or until nobody wants it any more."""
        context = current(g)
        if "leave_work" in context and response.is_streamed:
            leave_once = context.pop("leave_work")
            response.call_on_close(leave_once)
            response.response = _followed(response.response, leave_once)
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        context = current(g)
        if "leave_work" in context:
            context.leave_work()


def _is_small(environ: Mapping[str, Any]) -> bool:
    """By what it says of its length; one in chunks says nothing."""
    length = environ.get("CONTENT_LENGTH") or "0"
    is_told = "HTTP_TRANSFER_ENCODING" not in environ and length.isdecimal()
    return is_told and int(length[:19]) <= SMALL_BODY_BYTES


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
