"""The response of a view that has said all there is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class FinalResponse(Response):
    """Headers go out as they are: Werkzeug would copy and check all of them once more.

    For bodies of text whose length is known, and addresses that need no correction.
    """

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        return self.headers
