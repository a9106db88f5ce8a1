"""The edge on a thread of this process, for tests.

::

    with serving_edge(stack, pairs=[pair], origins=["http://localhost:3000"]) as address:
        environment = stack.gateway_environment(origins) | pair.gateway_environment(address)
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from devstack.account import Stack
from devstack.edge import describe, make
from devstack.edge_keys import KeyPair
from devstack.process import HOST


class QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving_edge(
    stack: Stack, *, pairs: Iterable[KeyPair], origins: Iterable[str]
) -> Iterator[str]:
    """An edge before ``stack`` whose key group is ``pairs``; its address by the name localhost."""
    edge = make(describe(stack, pairs, origins))
    server = make_server(HOST, 0, edge, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
