"""What surrounds the application: who is connected, and what every answer says to browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from app.operations.addresses import plain_address

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NOSNIFF, _POLICY = "X-Content-Type-Options", "Content-Security-Policy"
#: Its type is what it says, and nothing may be loaded or framed, should a browser ever show it as a
#: page. A page brings a policy of its own.
DATA_HEADERS = {
    _NOSNIFF: "nosniff",
    _POLICY: "default-src 'none'; frame-ancestors 'none'",
}


class Perimeter:
    """WSGI middleware. ``REMOTE_ADDR`` becomes an address alone (``plain_address``), and every
    answer gets ``DATA_HEADERS`` where it says nothing else, and those of CORS.

    Not a hook: Werkzeug looks through and checks headers one by one, which would cost 15 % of a
    small request.
    """

    def __init__(
        self, app: WSGIApplication, cors_headers: Callable[[str], list[tuple[str, str]]]
    ) -> None:
        """``cors_headers``: for an ``Origin``."""
        self._app = app
        self._cors_headers = cors_headers

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = plain_address(environ.get("REMOTE_ADDR") or "")
        origin = environ.get("HTTP_ORIGIN")
        is_preflight = environ["REQUEST_METHOD"] == "OPTIONS"
        cors = self._cors_headers(origin) if origin and not is_preflight else []

        def start_guarded(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            present = [name for name, _ in headers]
            missing = [each for each in DATA_HEADERS.items() if each[0] not in present]
            return start(status, [*headers, *missing, *cors], *rest)

        return self._app(environ, start_guarded)
